namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>What an oplog entry does (its field <c>op</c>).</summary>
internal enum OplogOperation : byte
{
    /// <summary>Nothing that concerns documents: <c>n</c>, and kinds that only MongoDB itself reads (<c>xi</c>, <c>km</c>, <c>ki</c>, <c>kd</c>).</summary>
    Noop,

    /// <summary><c>i</c>.</summary>
    Insert,

    /// <summary><c>u</c>.</summary>
    Update,

    /// <summary><c>d</c>.</summary>
    Delete,

    /// <summary><c>c</c>: a command on a collection or a database, or several operations in one.</summary>
    Command,

    /// <summary>Something unknown.</summary>
    Unknown,
}
