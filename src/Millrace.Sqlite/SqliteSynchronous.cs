namespace Millrace.Sqlite;

/// <summary>SQLite's <c>PRAGMA synchronous</c> in WAL mode.</summary>
public enum SqliteSynchronous
{
    /// <summary>No fsync: for files that can be rebuilt. Survives the process's death, not the machine's.</summary>
    Off = 0,

    /// <summary>fsync at checkpoints: never corrupt, but a power cut may undo the last commits.</summary>
    Normal = 1,

    /// <summary>fsync at each commit: what is committed survives a power cut.</summary>
    Full = 2,
}
