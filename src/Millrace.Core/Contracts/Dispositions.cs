namespace Millrace.Core.Contracts;

/// <summary>How a source is read.</summary>
public enum ReplicationMethod
{
    /// <summary>All of it, every run.</summary>
    FullRefresh,

    /// <summary>What the cursor field says is new.</summary>
    Incremental,

    /// <summary>A snapshot, then the source's log.</summary>
    ChangeCapture,
}

/// <summary>How rows meet the target table.</summary>
public enum WriteDisposition
{
    /// <summary>Added.</summary>
    Append,

    /// <summary>The table becomes exactly what was read.</summary>
    Replace,

    /// <summary>By key, as the merge strategy says.</summary>
    Merge,
}

/// <summary>How a merge treats a key that is there.</summary>
public enum MergeStrategy
{
    /// <summary>Update it, else insert.</summary>
    Upsert,

    /// <summary>Delete it, then insert.</summary>
    DeleteInsert,

    /// <summary>Keep every version with its time of validity.</summary>
    Scd2,

    /// <summary>Leave it alone; insert only keys that are new.</summary>
    InsertOnly,
}

/// <summary>What a delete in the source does to the target.</summary>
public enum DeleteMode
{
    /// <summary>Removes the row.</summary>
    Hard,

    /// <summary>Marks the row with the time of deletion.</summary>
    Soft,

    /// <summary>Nothing.</summary>
    Ignore,
}
