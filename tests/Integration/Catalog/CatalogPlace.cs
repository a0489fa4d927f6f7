using Millrace.Catalog;
using Millrace.Catalog.Stores;
using Millrace.Catalog.Stores.Relational;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>A place of its own for a test's catalog, with ways to look into it past the stores.</summary>
/// <param name="dialect">The engine, and where in it.</param>
/// <param name="address">What a process of its own opens it by: see <see cref="CatalogPlaces.Open"/>.</param>
/// <param name="remove">Removes what the test left.</param>
public sealed class CatalogPlace(object dialect, string address, Action remove) : IAsyncDisposable
{
    public string Address => address;

    internal CatalogDialect Dialect { get; } = (CatalogDialect)dialect;

    /// <summary>The store as the product opens it, or with a clock that the test moves.</summary>
    public CatalogStore Store(TimeProvider? time = null) => new(Dialect, time);

    public Task<ICatalog> OpenAsync(TimeProvider? time = null) => Store(time).OpenAsync(TestContext.Current.CancellationToken);

    internal Task<ICatalog> OpenAsync(params Migration[] migrations) =>
        new CatalogStore(Dialect, null, [.. migrations]).OpenAsync(TestContext.Current.CancellationToken);

    /// <summary>Runs statements as the stores write them: tables as <c>metadata.runs</c>.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var session = new CatalogSession(Dialect, null);
        await session.WriteAsync(t => t.ExecuteScriptAsync(sql), TestContext.Current.CancellationToken);
    }

    public async Task<long> CountAsync(string sql)
    {
        await using var session = new CatalogSession(Dialect, null);
        return await session.ReadAsync(t => t.NumberAsync(sql), TestContext.Current.CancellationToken);
    }

    /// <summary>The first column of a query, as text.</summary>
    public async Task<IReadOnlyList<string>> TextsAsync(string sql)
    {
        await using var session = new CatalogSession(Dialect, null);
        return await session.ReadAsync(t => t.QueryAsync(sql, row => row.Text(0)), TestContext.Current.CancellationToken);
    }

    /// <summary>Every table, column, index and constraint, as the engine tells of them.</summary>
    public async Task<IReadOnlyList<string>> SchemaAsync()
    {
        await using var session = new CatalogSession(Dialect, null);
        string query = CatalogPlaces.SchemaQuery(Dialect.Engine);
        List<string> lines = await session.ReadAsync(t => t.QueryAsync(query, row => row.Text(0)), TestContext.Current.CancellationToken);
        lines.ShouldNotBeEmpty();
        return lines;
    }

    public ValueTask DisposeAsync()
    {
        remove();
        return ValueTask.CompletedTask;
    }
}
