using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>
/// Text about the highest generation and position that a table's rows have, kept beside the table by every load that writes it. A load whose
/// events are all later is in order, and need not compare them with the rows they meet. NULL where it is not known.
/// </summary>
internal sealed class LastPositionSql(SqlDialect dialect, SystemTables system, TableId table)
{
    private readonly string _isMine =
        $"{system.Names(table)} AND last_generation IS NOT NULL";

    /// <summary>A query of generation and position; no row where they are not known.</summary>
    public string Read() => $"SELECT last_generation, last_position FROM {system.Tables} WHERE {_isMine}";

    /// <summary>Moves them forward, never back.</summary>
    public string Advance(int generation, string position) =>
        $"""
        UPDATE {system.Tables}
        SET last_generation = {dialect.Literal(generation)}, last_position = {dialect.Literal(position)}
        WHERE {_isMine}
          AND (last_generation < {dialect.Literal(generation)}
            OR (last_generation = {dialect.Literal(generation)} AND last_position < {dialect.Literal(position)}))
        """;

    /// <summary>From here on they are not known.</summary>
    public string Forget() => $"UPDATE {system.Tables} SET last_generation = NULL, last_position = NULL WHERE {_isMine}";
}
