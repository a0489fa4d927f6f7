namespace Millrace.Core.Schemas;

/// <summary>
/// Names of the columns that Millrace itself adds to target tables. They are never part of a <see cref="TableSchema"/>: a destination
/// adds and fills them from the write request and from <see cref="Batches.RecordBatch"/>.
/// </summary>
public static class SystemColumns
{
    /// <summary>bigint: the run that loaded the row.</summary>
    public const string RunId = "_millrace_run_id";

    /// <summary>timestamp(6) utc: when the load that wrote the row began.</summary>
    public const string LoadedAt = "_millrace_loaded_at";

    /// <summary>text: the change's place in the source; ordinal order is the source's order. Change capture only.</summary>
    public const string Position = "_millrace_position";

    /// <summary>int32: the generation of the table when the row was written. Change capture only; see the position guard.</summary>
    public const string Generation = "_millrace_generation";

    /// <summary>timestamp(6) utc, null while the row lives. Soft deletes only.</summary>
    public const string DeletedAt = "_millrace_deleted_at";

    /// <summary>timestamp(6) utc: from when this version holds. scd2 only.</summary>
    public const string ValidFrom = "_millrace_valid_from";

    /// <summary>timestamp(6) utc: until when this version held; null for the current one. scd2 only.</summary>
    public const string ValidTo = "_millrace_valid_to";

    /// <summary>boolean: the current version. scd2 only.</summary>
    public const string IsCurrent = "_millrace_is_current";

    /// <summary>
    /// text: canonical, type-tagged key, an ordinary column of the schema where <c>_id</c> has several types or is a document.
    /// </summary>
    public const string Key = "_millrace_key";

    /// <summary>json: fields beyond max_columns, an ordinary column of the schema.</summary>
    public const string Extra = "_millrace_extra";

    /// <summary>The prefix that all of them share; source fields that begin so are renamed by the naming rule.</summary>
    public const string Prefix = "_millrace_";
}
