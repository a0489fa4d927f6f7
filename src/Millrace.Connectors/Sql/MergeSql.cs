using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>
/// Merges staged rows, whole and at most one a key, into a table: upsert, delete_insert, insert_only. Change capture moves a row's position,
/// generation and lineage with every event that is newer. Without change capture a row whose content does not change is not written again, which
/// halves the cost of unchanged rows: its <c>_millrace_run_id</c> then says which run gave it its present content.
/// </summary>
internal sealed class MergeSql(SqlDialect dialect, TableLoad load, WriteRequest request)
    : StageSql(dialect, load, request.Generation)
{
    private readonly string _loadedAt = dialect.Literal(request.LoadedAt);

    /// <summary>True where the upsert is INSERT … ON CONFLICT.</summary>
    public bool UsesConflict => Dialect.UsesKeyIndex && Load.KeyIndex is not null && Load.Write.Strategy != MergeStrategy.DeleteInsert;

    /// <summary>Hard deletes.</summary>
    public string DeleteRows() => Delete($"s.{Op} = {StageCode.Delete}{AndNewer}");

    /// <summary>INSERT … ON CONFLICT of the staged rows with these codes, in key order, which is fastest.</summary>
    public string Upsert(string codes)
    {
        string action = Load.Write.Strategy == MergeStrategy.InsertOnly && codes != SoftCodes
            ? (Load.HasDeletedAt ? $"DO UPDATE SET {Assignments("excluded")} WHERE t.\"_millrace_deleted_at\" IS NOT NULL{AndNewerThan("excluded")}" : "DO NOTHING")
            : $"DO UPDATE SET {Assignments("excluded")}\nWHERE {(Load.Write.IsChangeCapture ? IsNewer("t", "excluded") : Differs("excluded"))}";
        return $"""
            {Insert("t", codes)}
            ORDER BY {KeySql.List(Dialect, "s", Load.Write.Schema.Key)}
            ON CONFLICT ({Key}) {action}
            """;
    }

    /// <summary>Marks rows of the table as deleted; they keep their values. See <see cref="StageSql.MarksDeletesInPlace"/>.</summary>
    public string MarkDeleted() =>
        $"""
        UPDATE {Target} AS t
        SET {string.Join(",\n  ", SystemValues("s").Select(c => $"{Dialect.Quote(c.Name)} = {c.Value}"))}
        FROM {Stage} AS s
        WHERE {Match} AND s.{Op} = {StageCode.Delete}{AndNewer}
        """;

    /// <summary>Removes staged rows that are stored just so.</summary>
    public string DropUnchanged() =>
        $"""
        DELETE FROM {Stage} AS s
        USING {Known} AS t
        WHERE {Match} AND s.{Op} IN ({LiveCodes}) AND NOT ({Differs("s", "CAST(NULL AS " + Instant + ")")})
        """;

    /// <summary>The DELETE of DELETE and INSERT.</summary>
    public string DeleteForInsert(string codes) => Delete($"s.{Op} IN ({codes})");

    /// <summary>The INSERT of DELETE and INSERT.</summary>
    public string InsertRows(string codes) => Insert("t", codes);

    /// <summary>For tables that Millrace did not make, whose other columns must stay: updates rows in place.</summary>
    public string UpdateInPlace(string codes) =>
        $"""
        UPDATE {Target} AS t
        SET {Assignments("s")}
        FROM {Stage} AS s
        WHERE {Match} AND s.{Op} IN ({codes})
        """;

    /// <summary>For tables that Millrace did not make: inserts the rows that are not there.</summary>
    public string InsertMissing(string codes) =>
        $"""
        {Insert("t", codes)}
          AND NOT EXISTS (SELECT 1 FROM {Target} AS t WHERE {Match})
        """;

    /// <summary>Staged rows at the end of an append or a replace, as they came.</summary>
    public string Append() => $"{Insert("t", AppendCodes)}\nORDER BY s.{Sequence}";

    /// <summary>Codes of rows that are there after the merge.</summary>
    public const string LiveCodes = "0, 1, 3";

    /// <summary>Codes of rows that are written whole.</summary>
    public const string WholeCodes = "0, 1, 3, 4";

    /// <summary>The code of soft deletes.</summary>
    public const string SoftCodes = "4";

    private string AppendCodes => Load.HasDeletedAt ? "0, 1, 2, 3" : LiveCodes;

    private string Match => KeySql.Match(Dialect, "t", "s", Load.Write.Schema.Key);

    private string AndNewer => AndNewerThan("s");

    private string Instant => Dialect.TypeName(LogicalType.TimestampUtc());

    private string AndNewerThan(string alias) => Load.Write.IsChangeCapture && !(Load.IsInOrder && Load.HasMatches) ? "\n  AND " + IsNewer("t", alias) : "";

    private string Differs(string alias, string? deletedAt = null)
    {
        string[] data = [.. Load.Columns.Select(c => c.Name)];
        string differs = Dialect.Differs(
            $"ROW({KeySql.List(Dialect, "t", data)})", $"ROW({KeySql.List(Dialect, alias, data)})");
        return Load.HasDeletedAt
            ? $"{differs} OR t.\"_millrace_deleted_at\" IS DISTINCT FROM {deletedAt ?? alias + ".\"_millrace_deleted_at\""}"
            : differs;
    }

    private string Delete(string condition) => Load.HasMatches
        ? $"""
            DELETE FROM {Target}
            WHERE {Dialect.InsertionOrder} IN (
              SELECT t.{Place}
              FROM {Known} AS t
              JOIN {Stage} AS s ON {Match}
              WHERE {condition})
            """
        : $"""
            DELETE FROM {Target} AS t
            USING {Stage} AS s
            WHERE {Match} AND {condition}
            """;

    private string Insert(string alias, string codes)
    {
        (string Name, string Value)[] columns = [.. Values("s")];
        return $"""
            INSERT INTO {Target} AS {alias} (
              {string.Join(", ", columns.Select(c => Dialect.Quote(c.Name)))})
            SELECT
              {string.Join(", ", columns.Select(c => c.Value))}
            FROM {Stage} AS s
            WHERE s.{Op} IN ({codes})
            """;
    }

    private string Assignments(string alias)
    {
        IEnumerable<(string Name, string Value)> columns = alias == "excluded"
            ? Values(alias).Select(c => (c.Name, Dialect.Quote(alias, c.Name)))
            : Values(alias);
        return string.Join(
            ",\n  ",
            columns.Where(c => !Load.Write.Schema.Key.Contains(c.Name)).Select(c => $"{Dialect.Quote(c.Name)} = {c.Value}"));
    }

    private IEnumerable<(string Name, string Value)> Values(string alias) =>
        Load.Columns.Select(c => (c.Name, Dialect.Quote(alias, c.Name))).Concat(SystemValues(alias));

    private IEnumerable<(string Name, string Value)> SystemValues(string alias)
    {
        yield return (SystemColumns.RunId, Dialect.Literal(request.RunId));
        yield return (SystemColumns.LoadedAt, _loadedAt);
        if (Load.Write.IsChangeCapture)
        {
            yield return (SystemColumns.Position, Dialect.Quote(alias, SystemColumns.Position));
            yield return (SystemColumns.Generation, Dialect.Literal(request.Generation));
        }

        if (Load.HasDeletedAt)
        {
            yield return (
                SystemColumns.DeletedAt,
                $"CASE WHEN {alias}.{Op} IN ({StageCode.Delete}, {StageCode.SoftDelete}) THEN coalesce({alias}.{Time}, {_loadedAt}) END");
        }
        else if (Load.Stored.SystemColumns.Contains(SystemColumns.DeletedAt))
        {
            // Deletes were soft once: a row that comes back is live, whatever it was marked as then.
            yield return (SystemColumns.DeletedAt, $"CAST(NULL AS {Instant})");
        }
    }
}
