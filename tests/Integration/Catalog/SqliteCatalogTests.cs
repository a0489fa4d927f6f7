using Millrace.Catalog;

namespace Millrace.IntegrationTests.Catalog;

public sealed class SqliteCatalogTests : CatalogConformance
{
    protected override Task<CatalogPlace> CreateAsync() => Task.FromResult(CatalogPlaces.Sqlite());

    /// <summary>The schema of released versions is in users' files: its text may not change.</summary>
    [Fact]
    public void The_first_migration_is_the_one_that_was_released() =>
        Place.Dialect.Migrations[0].Checksum.ShouldBe("1e19c8fc608c56c1ebb3882d28d520a4d633a8e7d5ec9def9c9a85b9d77db1b3");

    [Fact]
    public async Task Times_in_the_file_are_text_that_sorts()
    {
        await using (ICatalog catalog = await Place.OpenAsync(new ManualTime()))
        {
            await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), TestContext.Current.CancellationToken);
        }

        (await Place.CountAsync("SELECT count(*) FROM runs WHERE typeof(started_at) = 'text' AND started_at = '2026-11-21T09:00:00.000Z'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_looker_makes_no_file()
    {
        string file = Place.Address.Split('|')[1];
        await (await Place.Store().OpenToReadAsync(TestContext.Current.CancellationToken)).DisposeAsync();
        await Place.Store().StatusAsync(TestContext.Current.CancellationToken);
        await Place.Store().MigrateAsync(isDryRun: true, TestContext.Current.CancellationToken);

        File.Exists(file).ShouldBeFalse();
    }
}
