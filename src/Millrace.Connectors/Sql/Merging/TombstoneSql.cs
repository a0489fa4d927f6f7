using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.Loads;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>Text about tombstones: the place of the event by which a key went, which no older event may undo.</summary>
internal sealed class TombstoneSql(SqlDialect dialect, TableLoad load, WriteRequest request, SystemTables system)
    : StageSql(dialect, load, request.Generation)
{
    private static readonly string[] Columns = ["table_schema", "table_name", "key_text", "generation", "\"position\""];

    /// <summary>A query that has a row where the table has tombstones.</summary>
    public string Any() => Dialect.First(1, "1", $"FROM {system.Tombstones} WHERE {system.Names(Load.Stored.Id)}");

    /// <summary>Removes staged events that are not newer than their key's tombstone.</summary>
    public string DropStaleByTombstone() => Dialect.DeleteUsing(
        Stage,
        "s",
        $"{system.Tombstones} AS b",
        $"""
        {system.Names(Load.Stored.Id, "b.")} AND b.key_text = {KeySql.AsText(Dialect, "s", Load, Load.GuardKey)}
          AND (b.generation > {Generation} OR (b.generation = {Generation} AND b."position" >= s."_millrace_position"))
        """);

    /// <summary>Notes staged deletes.</summary>
    public string Write() => WriteOf($"s.{Op} = {StageCode.Delete} AND s.\"_millrace_position\" IS NOT NULL{(MarksDeletesInPlace ? AndUnknown : "")}");

    /// <summary>Notes the keys of the staged rows, under the alias <c>s</c>, for which a condition holds.</summary>
    public string WriteOf(string condition) => Dialect.Upsert(
        system.Tombstones,
        Columns,
        Columns[..3],
        Columns[3..],
        $"""
        SELECT {Dialect.Literal(Load.Stored.Id.Schema)} AS table_schema, {Dialect.Literal(Load.Stored.Id.Name)} AS table_name,
          g.key_text, {Generation} AS generation, max(g."position") AS "position"
        FROM (
          SELECT {KeySql.AsText(Dialect, "s", Load, Load.GuardKey)} AS key_text, s."_millrace_position" AS "position"
          FROM {Stage} AS s
          WHERE {condition}) AS g
        GROUP BY g.key_text
        """);

    /// <summary>Removes the tombstones of older generations.</summary>
    public string DropOlder() => $"DELETE FROM {system.Tombstones} WHERE {system.Names(Load.Stored.Id)} AND generation < {Generation}";

    // A row that is marked as deleted carries the position itself.
    private string AndUnknown => $"\n  AND NOT EXISTS (SELECT 1 FROM {Target} AS t WHERE {KeySql.Match(Dialect, "t", "s", Load.GuardKey)})";
}
