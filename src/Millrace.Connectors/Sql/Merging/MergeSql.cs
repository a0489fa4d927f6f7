using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.Loads;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Merging;

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

    /// <summary>INSERT … ON CONFLICT of the staged rows with these codes, in key order, which is fastest; else UPDATE, then INSERT of what is missing.</summary>
    public string Upsert(string codes)
    {
        if (!Dialect.HasOnConflict)
        {
            return UpdateThenInsert(codes);
        }

        string action = Load.Write.Strategy == MergeStrategy.InsertOnly && codes != SoftCodes
            ? (Load.HasDeletedAt ? $"DO UPDATE SET {Assignments("excluded")} WHERE t.\"_millrace_deleted_at\" IS NOT NULL{AndNewerThan("excluded")}" : "DO NOTHING")
            : $"DO UPDATE SET {Assignments("excluded")}\nWHERE {(Load.Write.IsChangeCapture ? IsNewer("t", "excluded") : Differs("excluded"))}";
        return $"""
            {Insert(Target + " AS t", codes)}
            ORDER BY {KeySql.List(Dialect, "s", Load.Write.Schema.Key)}
            ON CONFLICT ({Key}) {action}
            """;
    }

    private string UpdateThenInsert(string codes)
    {
        bool keepsRows = Load.Write.Strategy == MergeStrategy.InsertOnly && codes != SoftCodes;
        string condition = keepsRows
            ? $"t.\"_millrace_deleted_at\" IS NOT NULL{AndNewer}"
            : $"{(Load.Write.IsChangeCapture ? IsNewer("t", "s") : $"({Differs("s")})")}";
        return keepsRows && !Load.HasDeletedAt
            ? InsertMissing(codes)
            : $"""
                {Dialect.UpdateFrom(Target, "t", Assignments("s"), $"{Stage} AS s", $"{Match} AND s.{Op} IN ({codes})\n  AND {condition}")};
                {InsertMissing(codes)}
                """;
    }

    /// <summary>Marks rows of the table as deleted; they keep their values. See <see cref="StageSql.MarksDeletesInPlace"/>.</summary>
    public string MarkDeleted() => Dialect.UpdateFrom(
        Target,
        "t",
        string.Join(",\n  ", SystemValues("s").Select(c => $"{Dialect.Quote(c.Name)} = {c.Value}")),
        $"{Stage} AS s",
        $"{Match} AND s.{Op} = {StageCode.Delete}{AndNewer}");

    /// <summary>Removes staged rows that are stored just so.</summary>
    public string DropUnchanged() => Dialect.DeleteUsing(
        Stage,
        "s",
        $"{Known} AS t",
        $"{Match} AND s.{Op} IN ({LiveCodes}) AND NOT ({Differs("s", "CAST(NULL AS " + Instant + ")")})");

    /// <summary>The DELETE of DELETE and INSERT.</summary>
    public string DeleteForInsert(string codes) => Delete($"s.{Op} IN ({codes})");

    /// <summary>The INSERT of DELETE and INSERT.</summary>
    public string InsertRows(string codes) => Insert(Target, codes);

    /// <summary>For tables that Millrace did not make, whose other columns must stay: updates rows in place.</summary>
    public string UpdateInPlace(string codes) =>
        Dialect.UpdateFrom(Target, "t", Assignments("s"), $"{Stage} AS s", $"{Match} AND s.{Op} IN ({codes})");

    /// <summary>For tables that Millrace did not make: inserts the rows that are not there.</summary>
    public string InsertMissing(string codes) =>
        $"""
        {Insert(Target, codes)}
          AND NOT EXISTS (SELECT 1 FROM {Dialect.Locked(Target, "t")} WHERE {Match})
        """;

    /// <summary>Staged rows at the end of an append or a replace, as they came.</summary>
    public string Append() => $"{Insert(Target, AppendCodes)}\nORDER BY s.{Sequence}";

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
        string differs = Dialect.Differs("t", alias, Load.Columns);
        if (!Load.HasDeletedAt)
        {
            return differs;
        }

        // ON CONFLICT has the value by the column's name; elsewhere it is worked out from the staged row.
        deletedAt ??= alias == "excluded" ? "excluded.\"_millrace_deleted_at\"" : SystemValues(alias).First(v => v.Name == SystemColumns.DeletedAt).Value;
        return $"{differs} OR {Dialect.IsDistinct("t.\"_millrace_deleted_at\"", deletedAt)}";
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
        : Dialect.DeleteUsing(Target, "t", $"{Stage} AS s", $"{Match} AND {condition}");

    private string Insert(string target, string codes)
    {
        (string Name, string Value)[] columns = [.. Values("s")];
        return $"""
            INSERT INTO {target} (
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
