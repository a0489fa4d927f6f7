using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.Loads;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>
/// Replaces the children of changed parents. In the stage a parent's delete row begins an event, and the children after it belong to it; the last
/// event of a parent counts. Children go for good whatever the delete mode, because they are a part of their parent's image.
/// </summary>
internal sealed class ChildSql(SqlDialect dialect, TableLoad load, WriteRequest request, SystemTables system)
    : StageSql(dialect, load, request.Generation)
{
    private readonly string _parent = KeySql.List(dialect, "", load.Write.ParentKey);

    /// <summary>Keeps the last event of each parent.</summary>
    public string KeepLastEvent() =>
        $"""
        DELETE FROM {Stage}
        WHERE {Sequence} IN (
          SELECT {Sequence}
          FROM (
            SELECT {Sequence}, _millrace_place, max(CASE WHEN {Op} = {StageCode.Delete} THEN _millrace_place END) OVER (PARTITION BY {_parent}) AS _millrace_last_event
            FROM (
              SELECT s.*, row_number() OVER (PARTITION BY {_parent} ORDER BY {Order}) AS _millrace_place
              FROM {Stage} AS s) AS placed) AS ranked
          WHERE _millrace_place < _millrace_last_event)
        """;

    /// <summary>Removes the children that the changed parents had.</summary>
    public string DeleteChildren() => Dialect.DeleteUsing(
        Target, "t", $"{Stage} AS s", $"{KeySql.Match(Dialect, "t", "s", Load.Write.ParentKey)} AND s.{Op} = {StageCode.Delete}");

    /// <summary>Keeps, as tombstones, the positions of parents that are left without a child to carry them.</summary>
    public string WriteTombstones() => new TombstoneSql(Dialect, Load, request, system).WriteOf(
        $"""
        s.{Op} = {StageCode.Delete} AND s."_millrace_position" IS NOT NULL
          AND NOT EXISTS (
            SELECT 1 FROM {Stage} AS c
            WHERE {KeySql.Match(Dialect, "c", "s", Load.Write.ParentKey)} AND c.{Op} <> {StageCode.Delete})
        """);
}
