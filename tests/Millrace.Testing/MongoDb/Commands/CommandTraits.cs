namespace Millrace.Testing.MongoDb.Commands;

/// <summary>What a command needs, or may.</summary>
[Flags]
internal enum CommandTraits
{
    None = 0,

    /// <summary>Runs before a client has logged in.</summary>
    WithoutLogin = 1,

    /// <summary>Changes data: only a primary does it.</summary>
    Writes = 2,

    /// <summary>Reads data: a secondary does it where the client's read preference allows it.</summary>
    Reads = 4,

    /// <summary>May run in a transaction.</summary>
    InTransaction = 8,

    /// <summary>May be a retryable write.</summary>
    Retryable = 16,

    /// <summary>Runs against the admin database only.</summary>
    AdminOnly = 32,
}
