using Millrace.Core.Contracts;

namespace Millrace.Connectors.Sql;

/// <summary>Text about tombstones: the place of the event by which a key went, which no older event may undo.</summary>
internal sealed class TombstoneSql(SqlDialect dialect, TableLoad load, WriteRequest request, SystemTables system)
    : StageSql(dialect, load, request.Generation)
{
    /// <summary>A query that has a row where the table has tombstones.</summary>
    public string Any() => $"SELECT 1 FROM {system.Tombstones} AS b WHERE {IsMine} LIMIT 1";

    /// <summary>Removes staged events that are not newer than their key's tombstone.</summary>
    public string DropStaleByTombstone() =>
        $"""
        DELETE FROM {Stage} AS s
        USING {system.Tombstones} AS b
        WHERE {IsMine} AND b.key_text = {KeySql.AsText(Dialect, "s", Load.GuardKey)}
          AND (b.generation > {Generation} OR (b.generation = {Generation} AND b."position" >= s."_millrace_position"))
        """;

    /// <summary>Notes staged deletes.</summary>
    public string Write() =>
        $"""
        INSERT INTO {system.Tombstones} (table_schema, table_name, key_text, generation, "position")
        SELECT {Dialect.Literal(Load.Stored.Id.Schema)}, {Dialect.Literal(Load.Stored.Id.Name)},
          {KeySql.AsText(Dialect, "s", Load.GuardKey)}, {Generation}, max(s."_millrace_position")
        FROM {Stage} AS s
        WHERE s.{Op} = {StageCode.Delete} AND s."_millrace_position" IS NOT NULL{(MarksDeletesInPlace ? AndUnknown : "")}
        GROUP BY 3
        ON CONFLICT (table_schema, table_name, key_text) DO UPDATE
        SET generation = excluded.generation, "position" = excluded."position"
        """;

    /// <summary>Removes the tombstones of older generations.</summary>
    public string DropOlder() => $"DELETE FROM {system.Tombstones} AS b WHERE {IsMine} AND b.generation < {Generation}";

    // A row that is marked as deleted carries the position itself.
    private string AndUnknown => $"\n  AND NOT EXISTS (SELECT 1 FROM {Target} AS t WHERE {KeySql.Match(Dialect, "t", "s", Load.GuardKey)})";

    private string IsMine => system.Names(Load.Stored.Id, "b.");
}
