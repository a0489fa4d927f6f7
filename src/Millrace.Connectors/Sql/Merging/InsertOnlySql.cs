using Millrace.Connectors.Sql.Loads;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>
/// What insert_only adds: the first event of a key counts, not the last. A delete ends a key's life, after which the first event counts again; a
/// segment is what lies between two deletes of a key.
/// </summary>
internal sealed class InsertOnlySql(SqlDialect dialect, TableLoad load, int generation) : StageSql(dialect, load, generation)
{
    /// <summary>
    /// Takes rows of an earlier generation that this one has too into it: they keep their values and what loaded them, but are not removed with the
    /// rest of theirs, and what is older than this load does not touch them.
    /// </summary>
    public string Adopt() => Dialect.UpdateFrom(
        Target,
        "t",
        $"{Dialect.Quote(SystemColumns.Position)} = nullif(g._millrace_last, ''), {Dialect.Quote(SystemColumns.Generation)} = {Dialect.Literal(Generation)}",
        $"""
        (
          SELECT {Key}, max(coalesce({Dialect.Quote(SystemColumns.Position)}, '')) AS _millrace_last
          FROM {Segments} AS s
          WHERE _millrace_segment = 0 AND {Op} NOT IN ({Deletes})
          GROUP BY {Key}) AS g
        """,
        $"""
        {KeySql.Match(Dialect, "t", "g", Load.Write.Schema.Key)}
          AND t.{Dialect.Quote(SystemColumns.Generation)} < {Dialect.Literal(Generation)}{(Load.HasDeletedAt ? " AND t.\"_millrace_deleted_at\" IS NULL" : "")}
        """);

    /// <summary>Keeps the first event of each segment, and nothing of the first where the row lives already.</summary>
    public string KeepFirst() =>
        $"""
        DELETE FROM {Stage}
        WHERE {Sequence} IN (
          SELECT {Sequence}
          FROM (
            SELECT {Sequence}, row_number() OVER (PARTITION BY {Key}, _millrace_segment ORDER BY {Order}) AS n
            FROM {Segments} AS g
            WHERE {Op} NOT IN ({Deletes})) AS ranked
          WHERE n > 1);
        DELETE FROM {Stage}
        WHERE {Sequence} IN (
          SELECT g.{Sequence}
          FROM {Segments} AS g
          JOIN {Known} AS t ON {KeySql.Match(Dialect, "t", "g", Load.Write.Schema.Key)}
          WHERE g._millrace_segment = 0 AND g.{Op} NOT IN ({Deletes}){(Load.HasDeletedAt ? " AND t.\"_millrace_deleted_at\" IS NULL" : "")})
        """;

    /// <summary>Keeps the last delete of each key and the event after it.</summary>
    public string KeepLastSegment() =>
        $"""
        DELETE FROM {Stage}
        WHERE {Sequence} IN (
          SELECT {Sequence}
          FROM (
            SELECT {Sequence}, _millrace_segment, max(_millrace_segment) OVER (PARTITION BY {Key}) AS _millrace_last_segment
            FROM {Segments} AS g) AS ranked
          WHERE _millrace_segment < _millrace_last_segment)
        """;

    private const string Deletes = "2, 4";

    private string Segments =>
        $"""
        (
              SELECT s.*, count(CASE WHEN s.{Op} IN ({Deletes}) THEN 1 END) OVER (PARTITION BY {Key} ORDER BY {Order}) AS _millrace_segment
              FROM {Stage} AS s)
        """;
}
