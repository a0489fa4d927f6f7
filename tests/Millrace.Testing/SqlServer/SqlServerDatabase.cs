using System.Globalization;
using Microsoft.Data.SqlClient;
using Millrace.Connectors.SqlServer;
using Millrace.Core.Contracts;
using Xunit;

namespace Millrace.Testing.SqlServer;

/// <summary>An empty database of a test's own on the server that <c>MILLRACE_TEST_SQLSERVER</c> names; dropped in the end.</summary>
public sealed class SqlServerDatabase : IAsyncDisposable
{
    /// <summary>The environment variable that holds the connection string.</summary>
    public const string Variable = "MILLRACE_TEST_SQLSERVER";

    private readonly string _server;
    private readonly string _name;

    private SqlServerDatabase(string server, string name, SqlServerCapabilities capabilities)
    {
        _server = server;
        _name = name;
        Capabilities = capabilities;
        ConnectionString = new SqlConnectionStringBuilder(server) { InitialCatalog = name, Pooling = false }.ConnectionString;
    }

    /// <summary>The database.</summary>
    public string ConnectionString { get; }

    /// <summary>What the server can do.</summary>
    public SqlServerCapabilities Capabilities { get; }

    /// <summary>Creates a database; skips the test where no server is named.</summary>
    public static async Task<SqlServerDatabase> CreateAsync(CancellationToken cancellationToken)
    {
        string? server = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(server), $"No SQL Server is at hand: set {Variable} to a connection string of a login that may create databases.");
        string name = $"mr_{Guid.NewGuid():N}"[..20];
        IReadOnlyList<string?[]> says = await QueryAsync(
            server!, "SELECT CAST(SERVERPROPERTY('babelfishversion') AS nvarchar(100)), CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(100))", cancellationToken).ConfigureAwait(false);
        await QueryAsync(server!, $"CREATE DATABASE [{name}]", cancellationToken).ConfigureAwait(false);
        return new(server!, name, SqlServerCapabilities.Of(says[0][0], says[0][1]!));
    }

    /// <summary>A destination on the database, as the product makes it.</summary>
    public IDestination Open() => new SqlServerDestination(
        new(new("warehouse", new SqlServerOptions { ConnectionString = ConnectionString }, "")), Capabilities.Dialect);

    /// <summary>Runs a statement or a query; every value as text, culture-free.</summary>
    public Task<IReadOnlyList<string?[]>> QueryAsync(string sql, CancellationToken cancellationToken) => QueryAsync(ConnectionString, sql, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Where sessions cannot be ended, one that was just closed would keep the database; such a server is thrown away with all of them.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (!Capabilities.Gaps.Contains(SqlServerGap.EndingSessions))
        {
            string end = $"ALTER DATABASE [{_name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE; ";
            await QueryAsync(_server, $"{end}DROP DATABASE [{_name}]", CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<IReadOnlyList<string?[]>> QueryAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new SqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using SqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements of tests.
        command.CommandText = sql;
#pragma warning restore CA2100
        await using SqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        List<string?[]> rows = [];
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))]);
        }

        return rows;
    }
}
