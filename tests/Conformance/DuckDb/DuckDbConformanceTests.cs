using Millrace.Connectors.DuckDb;
using Millrace.Connectors.Sql;
using Millrace.Core.Contracts;
using Millrace.Testing.Conformance;

namespace Millrace.ConformanceTests.DuckDb;

/// <summary>DuckDB keeps the contract of a destination.</summary>
public sealed class DuckDbConformanceTests : DestinationConformance
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-duckdb-");

    private DuckDbOptions Options => new() { Path = Path.Combine(_folder.FullName, "store.duckdb") };

    /// <inheritdoc/>
    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override IDestination Open() => new DuckDbConnector().CreateDestination(new(new("warehouse", Options, "")));

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<string?[]>> QueryAsync(string sql)
    {
        await using DuckDbFile file = await DuckDbFile.OpenAsync(Options, TimeProvider.System, Token);
        await using DuckDbChannel channel = new(file);
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync($"SELECT COLUMNS(*)::VARCHAR FROM ({sql}) AS q", Token);
        return [.. rows.Select(row => Array.ConvertAll(row.Values, value => (string?)value))];
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(string sql)
    {
        await using DuckDbFile file = await DuckDbFile.OpenAsync(Options, TimeProvider.System, Token);
        await using DuckDbChannel channel = new(file);
        await channel.ExecuteAsync(sql, Token);
    }
}
