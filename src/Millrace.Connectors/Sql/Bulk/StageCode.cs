namespace Millrace.Connectors.Sql.Bulk;

/// <summary>What a staged row is, in the stage table's <c>_millrace_op</c>.</summary>
internal static class StageCode
{
    /// <summary>A whole image of a new row.</summary>
    public const byte Insert = 0;

    /// <summary>A whole image of a changed row.</summary>
    public const byte Update = 1;

    /// <summary>The key is gone.</summary>
    public const byte Delete = 2;

    /// <summary>A changed row of which some columns are unset.</summary>
    public const byte Partial = 3;

    /// <summary>Made by the merge: a soft delete of a row that is known, with its last values filled in.</summary>
    public const byte SoftDelete = 4;

    /// <summary>Not staged: quarantined, or a delete under <c>delete_mode: ignore</c>.</summary>
    public const byte Skip = 255;
}
