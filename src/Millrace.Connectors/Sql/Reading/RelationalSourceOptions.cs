using Millrace.Core.Config;
using Millrace.Core.Config.Options;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>What a task's <c>source:</c> may say of a relational database besides what every source knows.</summary>
public sealed class RelationalSourceOptions
{
    /// <summary>A query that is read in a table's place.</summary>
    [Option(
        "query",
        "One SELECT that is read in a table's place; dataset then only names it. It runs as a subquery, so that filter, fields and cursor_field work on its columns. :name stands for a parameter.",
        Example = "SELECT * FROM sales.orders WHERE region = :region")]
    public string? Query { get; set; }

    /// <summary>Values of the query's parameters.</summary>
    [Option(
        "parameters",
        "Values by name for :name in the query. They are bound, never pasted, and take the types that the query gives them.",
        Example = "{ region: north }")]
    public StructuredText? Parameters { get; set; }

    /// <summary>How far before its watermark an incremental read begins.</summary>
    [Option(
        "lookback",
        "For incremental: how far before the watermark each read begins, for rows that became visible late: a duration for dates and times, else a number. The rows in it are read again, so the target must merge.",
        Example = "1h")]
    public string? Lookback { get; set; }
}
