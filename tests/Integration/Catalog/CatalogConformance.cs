namespace Millrace.IntegrationTests.Catalog;

/// <summary>What every store of the catalog must do.</summary>
public abstract partial class CatalogConformance : IAsyncLifetime
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private CatalogPlace? _place;

    /// <summary>An empty place.</summary>
    protected CatalogPlace Place => _place!;

    /// <summary>Makes an empty place.</summary>
    protected abstract Task<CatalogPlace> CreateAsync();

    public async ValueTask InitializeAsync() => _place = await CreateAsync();

    public async ValueTask DisposeAsync()
    {
        if (_place is not null)
        {
            await _place.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}
