using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>
/// Where no index stands behind the key, every join with the target by key reads all of it. So a merge reads it once: it collects the rows that
/// the staged keys meet, with their places, in a TEMP table; what follows reads those and deletes by place.
/// </summary>
internal sealed class MatchSql(SqlDialect dialect, TableLoad load, WriteRequest request)
    : StageSql(dialect, load, request.Generation)
{
    /// <summary>
    /// True where collecting pays and places stay true: an engine without a key index, a table with one row a key, and a merge that writes a key
    /// once (insert_only marks a row as deleted and then replaces it).
    /// </summary>
    public bool IsUseful => !Dialect.UsesKeyIndex && Load.Stored.Note is { IsManaged: true } && !Load.IsScd2 && Load.Write.ParentKey.IsEmpty
        && !(Load.Write.Strategy == MergeStrategy.InsertOnly && Load.HasDeletedAt);

    /// <summary>Collects the rows.</summary>
    public string Collect() => NeedsData ? CollectWhole() : CollectGuards();

    /// <summary>Drops the collection.</summary>
    public string Drop() => $"DROP TABLE {Matches}";

    private bool NeedsData => !Load.Write.IsChangeCapture || new FillSql(Dialect, Load, Generation).IsNeeded;

    private string Places => Dialect.Quote(Load.StageName + "_places");

    // Key and guards are all that an upsert compares, so its scan reads no other column.
    private string CollectGuards()
    {
        IEnumerable<string> columns = Load.Write.Schema.Key.Concat(Load.Stored.SystemColumns.Where(IsGuard));
        return $"""
            CREATE TEMP TABLE {Matches} AS
            SELECT {Dialect.InsertionOrder} AS {Place}, {KeySql.List(Dialect, "", columns)}
            FROM {Target}
            WHERE ({Key}) IN (SELECT {Key} FROM {Stage})
            """;
    }

    // In two steps: found by key in a scan of the key alone, then fetched by place.
    private string CollectWhole() =>
        $"""
        CREATE TEMP TABLE {Places} AS
        SELECT {Dialect.InsertionOrder} AS {Place}
        FROM {Target}
        WHERE ({Key}) IN (SELECT {Key} FROM {Stage});
        CREATE TEMP TABLE {Matches} AS
        SELECT {Dialect.InsertionOrder} AS {Place}, *
        FROM {Target}
        WHERE {Dialect.InsertionOrder} IN (SELECT {Place} FROM {Places});
        DROP TABLE {Places}
        """;

    private static bool IsGuard(string column) =>
        column is SystemColumns.Position or SystemColumns.Generation or SystemColumns.DeletedAt;
}
