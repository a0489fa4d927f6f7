namespace Millrace.Testing.MongoDb;

/// <summary>How updates stand in the oplog.</summary>
public enum UpdateLogFormat
{
    /// <summary><c>$v: 2</c> with a diff, as servers since 5.0 write it.</summary>
    Delta,

    /// <summary><c>$v: 1</c> with <c>$set</c> and <c>$unset</c>, as servers up to 4.4 write it.</summary>
    Modifiers,
}
