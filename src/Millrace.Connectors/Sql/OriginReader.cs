using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>Counts a table's rows by the run that wrote them, from the columns that every loaded row carries.</summary>
internal static class OriginReader
{
    public static async ValueTask<IReadOnlyList<TableOrigin>> ReadAsync(
        SqlChannel channel, SqlDialect dialect, TableId table, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> columns = await channel.ColumnsAsync(dialect, table, cancellationToken).ConfigureAwait(false);
        HashSet<string> names = [.. columns.Select(c => c.Text(0))];
        if (!names.Contains(SystemColumns.RunId))
        {
            return [];
        }

        string runId = dialect.Quote(SystemColumns.RunId);
        string deleted = names.Contains(SystemColumns.DeletedAt) ? $"count({dialect.Quote(SystemColumns.DeletedAt)})" : "0";
        string position = names.Contains(SystemColumns.Position)
            ? $"max({dialect.Quote(SystemColumns.Position)})"
            : "CAST(NULL AS varchar)";
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"""
            SELECT {runId}, {dialect.CountRows}, {deleted}, {position}
            FROM {dialect.Quote(table)}
            GROUP BY {runId}
            ORDER BY {runId}
            """,
            cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(r => new TableOrigin(r.Long(0), r.Long(1), r.Long(2), r.TextOrNull(3)))];
    }
}
