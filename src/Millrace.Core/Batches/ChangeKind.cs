namespace Millrace.Core.Batches;

/// <summary>What a row says happened to its key.</summary>
public enum ChangeKind : byte
{
    /// <summary>The row as it was read or inserted.</summary>
    Insert,

    /// <summary>The row after a change; columns marked unset keep what is there.</summary>
    Update,

    /// <summary>The key is gone; only key columns need values.</summary>
    Delete,
}
