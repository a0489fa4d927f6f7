using Millrace.Catalog;
using Millrace.Catalog.Runs;
using Millrace.Core.Lineage;

namespace Millrace.IntegrationTests.Catalog;

public abstract partial class CatalogConformance
{
    private static readonly LineageNode Raw = new("lake", "raw.orders");
    private static readonly LineageNode Dbo = new("lake", "dbo.orders");

    private static readonly TaskLineage Lineage = new("shop/orders", "shop", "orders", "T")
    {
        Script = "sql/orders.sql",
        ScriptSha = new('a', 64),
        Edges =
        [
            new(Raw, Dbo, LineageKind.Transformed, LineageOrigin.Parsed) { Line = 3 },
            new(Raw with { Column = "a'b" }, Dbo with { Column = "c" }, LineageKind.Derived, LineageOrigin.Declared) { IsUncertain = true },
            new(null, Dbo with { Column = "run_id" }, LineageKind.Constant, LineageOrigin.Parsed) { Line = 3 },
        ],
        Notes = ["sql/orders.sql, line 9: cannot tell"],
    };

    [Fact]
    public async Task The_lineage_of_a_task_run_comes_back_as_it_was_told()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        long run = await RecordAsync(catalog, Lineage);

        TaskLineage read = (await catalog.Lineage.OfRunAsync(run, Ct)).ShouldHaveSingleItem();
        read.ShouldBe(Lineage with { RunId = run, Edges = read.Edges, Notes = read.Notes });
        read.Edges.ShouldBe(Lineage.Edges);
        read.Notes.ShouldBe(Lineage.Notes);
        (await catalog.Lineage.OfRunAsync(run + 1, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Runs_that_did_the_same_share_one_lineage()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        long first = await RecordAsync(catalog, Lineage);
        long second = await RecordAsync(catalog, Lineage);
        long other = await RecordAsync(catalog, Lineage with { ScriptSha = new('b', 64) });

        (await Place.CountAsync("SELECT count(*) FROM metadata.lineages")).ShouldBe(2);
        (await Place.CountAsync("SELECT count(*) FROM metadata.lineage_edges")).ShouldBe(6);
        IReadOnlyList<(long TaskRunId, TaskLineage Lineage)> into = await catalog.Lineage.IntoAsync("lake", "dbo.orders", 2, Ct);
        into.Select(i => (i.Lineage.RunId, i.Lineage.ScriptSha![0])).ShouldBe([(other, 'b'), (second, 'a')]);
        (await catalog.Lineage.IntoAsync("lake", "raw.orders", 2, Ct)).ShouldBeEmpty();
        first.ShouldBeLessThan(second);
    }

    [Fact]
    public async Task The_latest_lineage_is_that_of_each_tables_last_run()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        LineageEdge Loaded(string table, string column) =>
            new(new("mongo", table, column), new("lake", "raw." + table, column), LineageKind.Copied, LineageOrigin.Recorded);
        TaskLineage task = new("shop/all", "shop", "all", "E");
        await RecordAsync(catalog, task with { Edges = [Loaded("a", "x"), Loaded("b", "x")] });
        await RecordAsync(catalog, task with { Edges = [Loaded("a", "y")] });
        await RecordAsync(catalog, Lineage);

        TaskLineage latest = (await catalog.Lineage.LatestAsync("E", Ct)).ShouldHaveSingleItem();
        latest.Edges.Select(e => e.To.ToString()).ShouldBe(["lake:raw.a.y", "lake:raw.b.x"]);
    }

    private static async Task<long> RecordAsync(ICatalog catalog, TaskLineage lineage)
    {
        long run = await catalog.Runs.StartAsync(RunOfShop, Ct);
        long task = await catalog.Runs.StartTaskAsync(run, new(lineage.TaskKey, lineage.Task, lineage.Step, "{}"), Ct);
        await catalog.Lineage.RecordAsync(task, lineage, Ct);
        await catalog.Lineage.RecordAsync(task, lineage, Ct);
        return run;
    }
}
