using Millrace.Connectors.Sql.Loads;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Merging;

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

    /// <summary>
    /// Collects the rows: all of them where rows are compared, else their key with what guards them against stale events, so that the scan reads no
    /// more columns than it must.
    /// </summary>
    public string Collect()
    {
        if (!Load.Write.IsChangeCapture)
        {
            return Fetch(Matches, FoundByKey);
        }

        IEnumerable<string> guards = Load.IsInOrder ? [] : Load.Stored.SystemColumns.Where(IsGuard);
        return $"""
            CREATE TEMP TABLE {Matches} AS
            SELECT {Dialect.InsertionOrder} AS {Place}, {KeySql.List(Dialect, "", Load.Write.Schema.Key.Concat(guards))}
            FROM {Target}
            WHERE ({Key}) IN (SELECT {Key} FROM {Stage})
            """;
    }

    /// <summary>Fetches the whole of those rows from which staged ones are filled; empty where there are none.</summary>
    public string CollectWhole()
    {
        var fill = new FillSql(Dialect, Load, Generation);
        return !Load.Write.IsChangeCapture || !fill.IsNeeded
            ? ""
            : Fetch(Wholes, $"SELECT {Place} FROM {Matches} WHERE ({Key}) IN ({fill.Keys})");
    }

    /// <summary>Drops what was collected.</summary>
    public string Drop() => $"DROP TABLE {Matches}; DROP TABLE IF EXISTS {Wholes}";

    private string FoundByKey => $"SELECT {Dialect.InsertionOrder} FROM {Target} WHERE ({Key}) IN (SELECT {Key} FROM {Stage})";

    // In two steps: the places of the rows first, then the rows at these places. In one, the engine would read every column of all rows.
    private string Fetch(string name, string places) =>
        $"""
        CREATE TEMP TABLE {Places} AS {places};
        CREATE TEMP TABLE {name} AS
        SELECT {Dialect.InsertionOrder} AS {Place}, *
        FROM {Target}
        WHERE {Dialect.InsertionOrder} IN (SELECT * FROM {Places});
        DROP TABLE {Places}
        """;

    private string Places => Dialect.QuoteTemporary(Load.StageName + "_places");

    private static bool IsGuard(string column) =>
        column is SystemColumns.Position or SystemColumns.Generation or SystemColumns.DeletedAt;
}
