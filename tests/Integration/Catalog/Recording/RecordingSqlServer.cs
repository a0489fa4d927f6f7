using System.Data;
using System.Data.Common;
using Millrace.Catalog.Stores.SqlServer;

namespace Millrace.IntegrationTests.Catalog.Recording;

/// <summary>SQL Server's dialect over nothing: what would be sent is kept, and queries are answered with one row where there would be one.</summary>
internal sealed class RecordingSqlServer() : SqlServerDialect("Server=nowhere;Database=d;User ID=u;Password=p", "odd ]'schema")
{
    private static readonly DateTimeOffset At = new(2026, 11, 21, 9, 0, 0, TimeSpan.Zero);

    public List<(string Sql, string[] Parameters)> Statements { get; } = [];

    /// <summary>True where the migrations' table is there, and up to date.</summary>
    public bool IsMigrated { get; set; }

    /// <summary>True where the lease is another's.</summary>
    public bool HasLease { get; set; }

    public override ValueTask<DbConnection> ConnectAsync(CancellationToken cancellationToken) => new(new RecordingConnection(Statements, Answer));

    private DataTable Answer(string sql) => sql switch
    {
        _ when sql.Contains("sysdatetimeoffset", StringComparison.Ordinal) => Table([At]),
        _ when sql.Contains("FROM sys.tables", StringComparison.Ordinal) && sql.Contains("schema_migrations", StringComparison.Ordinal) => Table([IsMigrated ? 1 : 0]),
        _ when sql.Contains("checksum FROM", StringComparison.Ordinal) => IsMigrated ? Table([.. Migrations.Select(m => new object[] { m.Version, m.Name, m.Checksum })]) : new(),
        _ when sql.Contains("process_start, acquired_at", StringComparison.Ordinal) => HasLease ? Table([3L, 1L, "h", "m", 1, "1", At, At, true]) : new(),
        _ when sql.Contains("limit_reached", StringComparison.Ordinal) => Table(
            [1L, 1L, "k", "n", "E", "{}", "running", At, DBNull.Value, 0, 0L, 0L, 0, 0L, 0L, 0L, .. Enumerable.Repeat<object>(DBNull.Value, 7)]),
        _ when sql.Contains("scope_identity", StringComparison.Ordinal) => Table([7m]),
        _ => new(),
    };

    private static DataTable Table(params object[][] rows)
    {
        var table = new DataTable();
        for (int i = 0; i < rows[0].Length; i++)
        {
            table.Columns.Add($"c{i}", rows[0][i] is DBNull ? typeof(string) : rows[0][i].GetType());
        }

        foreach (object[] row in rows)
        {
            table.Rows.Add(row);
        }

        return table;
    }
}
