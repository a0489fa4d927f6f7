namespace Millrace.Core.Batches;

/// <summary>A change of a whole table, in its place between the rows. A batch that carries one has no rows.</summary>
public enum TableControl : byte
{
    /// <summary>None: an ordinary batch.</summary>
    None,

    /// <summary>Every row up to here is gone (drop, truncate, rename away): removed by the task's delete mode.</summary>
    DeleteAll,
}
