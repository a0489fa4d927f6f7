namespace Millrace.Connectors.MongoDb;

/// <summary>How the changes of a live server are followed.</summary>
public enum MongoDbCapture
{
    /// <summary>By change streams.</summary>
    ChangeStreams,

    /// <summary>By the oplog itself.</summary>
    Oplog,
}
