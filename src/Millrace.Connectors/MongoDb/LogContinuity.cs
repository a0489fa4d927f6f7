namespace Millrace.Connectors.MongoDb;

/// <summary>How it is known that no change is missing between two oplog files.</summary>
public enum LogContinuity
{
    /// <summary>Each file must begin at or before the last entry of the ones before it.</summary>
    Overlap,

    /// <summary>The user vouches for it: files follow each other without a gap.</summary>
    Declared,
}
