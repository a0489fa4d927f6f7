using Millrace.Core.Contracts;
using Millrace.Testing.Conformance;
using Millrace.Testing.SqlServer;

namespace Millrace.ConformanceTests.SqlServer;

/// <summary>SQL Server keeps the contract of a destination. Runs where <c>MILLRACE_TEST_SQLSERVER</c> names a server.</summary>
public sealed class SqlServerConformanceTests : DestinationConformance
{
    private SqlServerDatabase? _database;

    /// <inheritdoc/>
    public override async ValueTask InitializeAsync() => _database = await SqlServerDatabase.CreateAsync(Token);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <inheritdoc/>
    protected override IDestination Open() => _database!.Open();

    /// <inheritdoc/>
    protected override Task<IReadOnlyList<string?[]>> QueryAsync(string sql) => _database!.QueryAsync(sql, Token);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(string sql) => _database!.QueryAsync(sql, Token);

    /// <inheritdoc/>
    protected override int Seeds => _database!.Capabilities.Gaps.Contains(SqlServerGap.Speed) ? 1 : base.Seeds;

    /// <inheritdoc/>
    protected override string IsTrue(string column) => $"{column} = 1";

    /// <inheritdoc/>
    protected override string EpochMicroseconds(string column) => $"DATEDIFF_BIG(microsecond, CAST('1970-01-01T00:00:00+00:00' AS datetimeoffset(6)), {column})";
}
