using Millrace.Connectors.MongoDb;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Testing.MongoDb.External;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>What change capture of a live server does, whichever way it reads the log.</summary>
public abstract class LiveChangeTests : LiveAnyServerTest
{
    private protected override void Prepare()
    {
        Server.Needs(Capture == MongoDbCapture.Oplog ? MongoGap.Oplog : MongoGap.ChangeStreams);
        Server.Needs(MongoGap.IndexBounds);
    }

    [Fact]
    public async Task Changes_of_every_kind_follow_a_snapshot()
    {
        Server.Needs(MongoGap.Transactions);
        Server.Insert("shop.orders", Enumerable.Range(0, 100).Select(i => Order(i, i, "first")));
        await RunAsync();
        Target().ShouldBe(Source());

        Server.Insert("shop.orders", Enumerable.Range(100, 5).Select(i => Order(i, i)));
        Server.Update("shop.orders", ById(1), Set("n", 1001));
        Server.Update("shop.orders", ById(2), new Doc { { "$unset", new Doc { { "text", 1 } } } });
        Server.Update("shop.orders", ById(3), new Doc { { "n", 3003 } });
        Server.Update("shop.orders", new Doc { { "n", new Doc { { "$lt", 50 } } } }, new Doc { { "$inc", new Doc { { "n", 7 } } } }, multi: true);
        Server.Delete("shop.orders", ById(4));
        Server.InTransaction(t =>
        {
            t.Insert("shop.orders", Order(200, 1));
            t.Update("shop.orders", ById(5), Set("text", "in a transaction"));
            t.Delete("shop.orders", ById(6));
            t.Insert("shop.others", Order(1, 1));
            t.Update("shop.orders", ById(200), Set("n", 2));
        });
        LiveRun run = await RunAsync();

        Target().ShouldBe(Source());
        run.Rows.ShouldContain(r => r.Kind == ChangeKind.Delete);
        run.Rejected.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_document_that_is_deleted_and_made_again_in_a_transaction_is_there_wherever_the_reading_of_it_is_divided()
    {
        Server.Needs(MongoGap.Transactions);
        Server.Insert("shop.orders", [Order(-1, 0, "first")]);
        await RunAsync();

        // 4096 changes are looked up at once: that many come to an end between the delete and the insert.
        Server.Insert("shop.orders", Enumerable.Range(0, 4090).Select(i => Order(i, i)));
        Server.InTransaction(t =>
        {
            for (int i = 0; i < 4; i++)
            {
                t.Insert("shop.orders", Order(10_000 + i, i));
            }

            t.Delete("shop.orders", ById(-1));
            for (int i = 0; i < 3; i++)
            {
                t.Insert("shop.orders", Order(20_000 + i, i));
            }

            t.Insert("shop.orders", Order(-1, 1, "again"));
        });
        Server.Insert("shop.orders", [Order(30_000, 0)]);
        LiveRun run = await RunAsync();

        Source().Except(Target()).ShouldBeEmpty();
        Target().Except(Source()).ShouldBeEmpty();
        run.Rows.Select(r => r.Position).Distinct().Count().ShouldBe(run.Rows.Count, "each change has a place of its own");
    }

    [Fact]
    public async Task What_changes_while_the_snapshot_is_read_is_there_in_the_end()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 3000).Select(i => Order(i, i)));
        var random = new Random(7);
        for (int runs = 0; runs < 12; runs++)
        {
            await RunAsync(budget: new(700, null, null, TimeProvider.System));
            for (int i = 0; i < 60; i++)
            {
                int id = random.Next(3200);
                _ = random.Next(3) switch
                {
                    0 => Server.Delete("shop.orders", ById(id)),
                    1 => Server.Update("shop.orders", ById(id), new Doc { { "n", random.Next(1000) } }, upsert: true),
                    _ => Server.Update("shop.orders", ById(id), new Doc { { "$inc", new Doc { { "n", 1 } } } }),
                };
            }
        }

        await RunAsync();
        await RunAsync();

        Target().ShouldBe(Source());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task A_run_that_dies_is_gone_on_with(int dieAfter)
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 300).Select(i => Order(i, i)));
        for (int runs = 0; runs < 40; runs++)
        {
            await RunAsync(dieAfter: dieAfter, maxRows: 60);
            if (runs < 10)
            {
                Server.Update("shop.orders", new Doc { { "_id", new Doc { { "$gte", runs * 20 } } } }, new Doc { { "$inc", new Doc { { "n", 1 } } } }, multi: true);
                Server.Delete("shop.orders", ById(runs * 7));
            }
        }

        await RunAsync();
        Target().ShouldBe(Source());
    }

    [Fact]
    public async Task Before_the_first_row_the_plan_and_the_place_in_the_log_are_known()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 100).Select(i => Order(i, i)));
        await RunAsync(dieAfter: 1);

        Committed.Keys.Order().ShouldBe(["log", "log.datasets", $"snapshot:{Server.Database}.orders/0000"]);
        Server.Update("shop.orders", ById(1), Set("n", 9));
        await RunAsync();
        await RunAsync();
        Target().ShouldBe(Source());
    }

    [Fact]
    public async Task A_collection_that_is_included_later_is_loaded_then_and_catches_up()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 10).Select(i => Order(i, i)));
        Server.Insert("shop.customers", Enumerable.Range(0, 10).Select(i => Order(i, i)));
        await RunAsync();
        Server.Update("shop.customers", ById(1), Set("n", 11));
        Datasets = ["orders", "customers"];
        LiveRun run = await RunAsync();
        Server.Update("shop.customers", ById(2), Set("n", 22));
        Server.Update("shop.orders", ById(2), Set("n", 22));
        LiveRun after = await RunAsync();

        run.Rows.ShouldNotContain(r => r.Dataset == "orders");
        after.Rows.Count.ShouldBe(2);
        Target("customers").ShouldBe(Source("customers"));
        Target().ShouldBe(Source());
    }

    [Fact]
    public async Task A_collection_that_was_left_out_gets_what_it_missed()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 10).Select(i => Order(i, i)));
        Server.Insert("shop.customers", Enumerable.Range(0, 10).Select(i => Order(i, i)));
        Datasets = ["*"];
        await RunAsync(WithBoth);
        Exclude = ["customers"];
        Server.Update("shop.customers", ById(1), Set("n", 11));
        Server.Update("shop.orders", ById(1), Set("n", 11));
        await RunAsync(s => s with { Datasets = ["orders"] });
        Target("customers").ShouldNotBe(Source("customers"));
        Server.Delete("shop.customers", ById(2));
        await RunAsync(s => s with { Datasets = ["orders"] });
        Exclude = [];
        Server.Update("shop.customers", ById(3), Set("n", 33));
        LiveRun back = await RunAsync(WithBoth);

        back.Rows.Count.ShouldBeLessThan(6, "it is not loaded again");
        Target("customers").ShouldBe(Source("customers"));
        Target().ShouldBe(Source());
        (await RunAsync(WithBoth)).Rows.ShouldBeEmpty();

        static SourceSettings WithBoth(SourceSettings s) => s with { Datasets = ["customers", "orders"] };
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_drop_that_was_missed_is_caught_up_with(bool wasLoaded)
    {
        OnDrop = OnDrop.Delete;
        Datasets = ["*"];
        Server.Insert("shop.orders", Enumerable.Range(0, 5).Select(i => Order(i, i)));
        if (wasLoaded)
        {
            Server.Insert("shop.customers", Enumerable.Range(0, 5).Select(i => Order(i, i)));
        }

        await RunAsync(Found);
        if (!wasLoaded)
        {
            Server.Insert("shop.customers", Enumerable.Range(0, 5).Select(i => Order(i, i)));
            await RunAsync(Found);
        }

        Target("customers").Count.ShouldBe(5);
        Exclude = ["customers"];
        Server.Drop("shop.customers");
        await RunAsync(Found);
        Target("customers").Count.ShouldBe(5);
        Exclude = [];
        await RunAsync(Found);

        Target("customers").ShouldBeEmpty();
        Target().ShouldBe(Source());

        // As the engine resolves a pattern.
        SourceSettings Found(SourceSettings s) =>
            s with { Datasets = [.. ((string[])["customers", "orders"]).Where(n => !Exclude.Contains(n) && Server.Documents("shop." + n).Count > 0)] };
    }

    [Fact]
    public async Task A_collection_that_appears_later_comes_from_the_log()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 10).Select(i => Order(i, i)));
        Datasets = ["*"];
        await RunAsync(s => s with { Datasets = ["orders"] });
        Server.Insert("shop.customers", Enumerable.Range(0, 10).Select(i => Order(i, i)));
        LiveRun run = await RunAsync(s => s with { Datasets = ["customers", "orders"] });

        run.Plan.Partitions.ShouldNotContain(p => p.IsSnapshot);
        Target("customers").ShouldBe(Source("customers"));
    }

    [Fact]
    public async Task A_document_that_leaves_the_filter_is_deleted()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 10).Select(i => Order(i, i)));
        static SourceSettings Small(SourceSettings s) => s with { Filter = """{"n":{"$lt":5}}""", Fields = ["n"] };
        await RunAsync(Small);
        Server.Update("shop.orders", ById(1), Set("n", 50));
        Server.Update("shop.orders", ById(9), Set("n", 0));
        await RunAsync(Small);

        Target().ShouldBe(["_id=0,n=0", "_id=2,n=2", "_id=3,n=3", "_id=4,n=4", "_id=9,n=0"]);
    }

    [Theory]
    [InlineData(OnDrop.Ignore)]
    [InlineData(OnDrop.Delete)]
    [InlineData(OnDrop.Fail)]
    public async Task A_drop_does_what_the_task_says(OnDrop onDrop)
    {
        OnDrop = onDrop;
        Server.Insert("shop.orders", Enumerable.Range(0, 5).Select(i => Order(i, i)));
        await RunAsync();
        Server.Update("shop.orders", ById(1), Set("n", 100));
        Server.Drop("shop.orders");
        if (onDrop == OnDrop.Fail)
        {
            (await Should.ThrowAsync<MillraceException>(() => RunAsync())).Code.ShouldBe(ErrorCodes.DatasetDropped);
            return;
        }

        LiveRun run = await RunAsync();
        Target().Count.ShouldBe(onDrop == OnDrop.Delete ? 0 : 5);
        if (onDrop == OnDrop.Ignore)
        {
            run.Notes.ShouldHaveSingleItem().ShouldMatch(@"^shop\.orders was dropped or renamed in the source at .+\. Its rows stay in the target, as on_drop: ignore says\.$");
        }
        else
        {
            run.Notes.ShouldBeEmpty();
        }

        // And it is followed on.
        Server.Insert("shop.orders", [Order(77, 77)]);
        (await RunAsync()).Notes.ShouldBeEmpty();
        await RunAsync();
        Target().ShouldContain("_id=77,n=77");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_collection_that_is_renamed_over_another_replaces_its_rows(bool byPattern)
    {
        Datasets = byPattern ? ["*"] : ["orders"];
        Exclude = byPattern ? ["tmp*"] : [];
        Server.Insert("shop.orders", Enumerable.Range(0, 5).Select(i => Order(i, i)));
        await RunAsync(s => s with { Datasets = ["orders"] });
        Server.Insert("shop.tmp_new", Enumerable.Range(3, 5).Select(i => Order(i, i * 10)));
        Server.Rename("shop.tmp_new", "shop.orders", dropTarget: true);
        Server.Update("shop.orders", ById(4), Set("n", 4444));
        await RunAsync(s => s with { Datasets = ["orders"] });
        Server.Insert("shop.orders", [Order(9, 9)]);
        await RunAsync(s => s with { Datasets = ["orders"] });

        Target().ShouldBe(Source());
        Target("tmp_new").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_transaction_is_one_unit_of_the_budget()
    {
        Server.Needs(MongoGap.Transactions);
        Server.Insert("shop.orders", Enumerable.Range(0, 5).Select(i => Order(i, i)));
        await RunAsync();
        for (int t = 0; t < 3; t++)
        {
            Server.InTransaction(x =>
            {
                for (int i = 0; i < 4; i++)
                {
                    x.Insert("shop.orders", Order((t * 10) + 100 + i, t));
                }
            });
        }

        List<int> rows = [];
        ReadBudget budget;
        do
        {
            budget = new(2, null, null, TimeProvider.System);
            rows.Add((await RunAsync(budget: budget)).Rows.Count);
        }
        while (budget.Reached is not null && rows.Count < 20);

        rows.Where(r => r > 0).ShouldAllBe(r => r == 4);
        Target().ShouldBe(Source());
    }

    [Fact]
    public async Task What_is_there_is_told_in_positions_that_are_in_order()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 5).Select(i => Order(i, i)));
        LiveRun snapshot = await RunAsync();
        Server.Update("shop.orders", ById(1), Set("n", 100));
        LiveRun changes = await RunAsync();

        snapshot.Rows.ShouldAllBe(r => r.Position.StartsWith("mongodb.oplog/", StringComparison.Ordinal));
        string.CompareOrdinal(changes.Rows[0].Position, snapshot.Rows[0].Position).ShouldBePositive();
    }

    [Fact]
    public async Task What_waits_in_the_log_is_estimated()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 5).Select(i => Order(i, i)));
        await RunAsync();
        Server.Update("shop.orders", ById(1), Set("n", 100));

        LiveRun run = await RunAsync();

        PartitionPlan log = run.Plan.Partitions.Single(p => p.Name == "log");
        log.Waiting.Oldest.ShouldNotBeNull();
    }
}
