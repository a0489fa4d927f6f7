using Millrace.Connectors.MongoDb;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Testing.MongoDb.External;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>Snapshots and incremental reads of a live server.</summary>
public sealed class LiveSnapshotTests : LiveAnyServerTest
{
    public LiveSnapshotTests()
    {
        Method = ReplicationMethod.FullRefresh;
    }

    [Fact]
    public async Task A_large_collection_is_read_in_ranges_of_ids_of_every_type()
    {
        Server.Needs(MongoGap.IndexBounds);
        Server.Insert("shop.orders", Mixed(24_000));

        LiveRun run = await RunAsync();

        run.Plan.Partitions.Count.ShouldBe(4);
        run.Plan.Partitions.ShouldAllBe(p => p.IsSnapshot && p.Until != null);
        run.Rows.Count.ShouldBe(24_000);
        run.Rows.Select(r => r.Values["n"]).Distinct().Count().ShouldBe(24_000);
        (await RunAsync()).Plan.Partitions.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(3)]
    [InlineData(11)]
    public async Task A_range_goes_on_behind_the_last_id_that_was_committed(int dieAfter)
    {
        Server.Needs(MongoGap.IndexBounds);
        Server.Insert("shop.orders", Mixed(24_000));
        List<string> seen = [];
        for (int runs = 0; runs < 200; runs++)
        {
            LiveRun run = await RunAsync(dieAfter: dieAfter, maxRows: 700);
            seen.AddRange(run.Rows.Take((run.Batches == dieAfter ? run.Batches - 1 : run.Batches) * 700).Select(r => r.Values["n"]));
            if (run.Batches < dieAfter)
            {
                break;
            }
        }

        seen.Distinct().Count().ShouldBe(24_000);
    }

    [Fact]
    public async Task A_budget_cuts_a_snapshot_and_the_next_run_goes_on()
    {
        Server.Needs(MongoGap.IndexBounds);
        Server.Insert("shop.orders", Enumerable.Range(0, 2500).Select(i => Order(i, i)));
        int runs = 0;
        ReadBudget budget;
        do
        {
            budget = new(1000, null, null, TimeProvider.System);
            LiveRun run = await RunAsync(budget: budget);
            run.Rows.Count.ShouldBeLessThanOrEqualTo(1000);
            runs++;
        }
        while (budget.Reached is not null);

        runs.ShouldBe(3);
        Target().ShouldBe(Source());
    }

    [Fact]
    public async Task A_range_of_time_is_read_by_the_time_within_ids()
    {
        DateTimeOffset first = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Server.Insert("shop.orders", Enumerable.Range(0, 10).Select(i => new Doc { { "_id", Leaf.NewObjectId(first.AddDays(i)) }, { "n", i } }));

        LiveRun run = await RunAsync(s => s with { From = first.AddDays(2), To = first.AddDays(5) });

        run.Rows.Select(r => r.Values["n"]).Order().ShouldBe(["2", "3", "4"]);
    }

    [Fact]
    public async Task A_view_is_read_whole()
    {
        Server.Needs(MongoGap.Views);
        Server.Insert("shop.orders", Enumerable.Range(0, 50).Select(i => Order(i, i)));
        Server.Create("shop.recent", new Doc { { "viewOn", "orders" }, { "pipeline", new Arr { new Doc { { "$match", new Doc { { "n", new Doc { { "$gte", 40 } } } } } } } } });
        Datasets = ["recent"];

        LiveRun run = await RunAsync(maxRows: 3, budget: new(5, null, null, TimeProvider.System));

        run.Rows.Count.ShouldBe(10, "it is one unit, whatever the budget");
        (await RunAsync()).Plan.Partitions.ShouldBeEmpty();
    }

    [Fact]
    public async Task Changes_of_a_view_are_refused_where_it_is_named_and_left_out_under_a_pattern()
    {
        Server.Needs(MongoGap.Views);
        Server.Needs(MongoGap.Oplog);
        Server.Insert("shop.orders", [Order(1, 1)]);
        Server.Create("shop.recent", new Doc { { "viewOn", "orders" }, { "pipeline", new Arr() } });
        Method = ReplicationMethod.ChangeCapture;
        Capture = MongoDbCapture.Oplog;
        Datasets = ["recent"];
        (await Should.ThrowAsync<MillraceException>(() => RunAsync())).Code.ShouldBe(ErrorCodes.MongoCaptureUnsupported);

        Datasets = ["*"];
        LiveRun run = await RunAsync(s => s with { Datasets = ["orders", "recent"] });

        run.Plan.Notes.ShouldContain(n => n.Contains($"{Server.Database}.recent", StringComparison.Ordinal));
        Target().ShouldBe(Source());
    }

    [Fact]
    public async Task A_collection_that_is_not_there_is_told()
    {
        Datasets = ["nothing"];

        (await Should.ThrowAsync<MillraceException>(() => RunAsync())).Code.ShouldBe(ErrorCodes.DatasetNotFound);
    }

    [Fact]
    public async Task Ties_at_the_watermark_are_neither_lost_nor_read_twice()
    {
        Method = ReplicationMethod.Incremental;
        Func<SourceSettings, SourceSettings> byN = s => s with { CursorField = "n", MayRepeat = false };
        Server.Insert("shop.orders", [Order(1, 1), Order(2, 5), Order(3, 5), new Doc { { "_id", 4 } }]);
        LiveRun first = await RunAsync(byN);
        Server.Insert("shop.orders", [Order(5, 5), Order(6, 4), Order(7, 6), Order(8, 6)]);
        LiveRun second = await RunAsync(byN);
        LiveRun third = await RunAsync(byN);

        first.Rows.Select(r => r.Values["_id"]).Order().ShouldBe(["1", "2", "3", "4"]);

        // 6 came late, below the watermark.
        second.Rows.Select(r => r.Values["_id"]).Order().ShouldBe(["5", "7", "8"]);
        third.Rows.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task An_incremental_read_goes_on_from_any_document(int rows)
    {
        Method = ReplicationMethod.Incremental;
        Server.Insert("shop.orders", Enumerable.Range(0, 40).Select(i => i < 6 ? new Doc { { "_id", i } } : Order(i, i / 4)));
        List<string> ids = [];
        ReadBudget budget;
        do
        {
            budget = new(rows, null, null, TimeProvider.System);
            ids.AddRange((await RunAsync(s => s with { CursorField = "n", MayRepeat = false }, budget)).Rows.Select(r => r.Values["_id"]));
        }
        while (budget.Reached is not null);

        ids.Count.ShouldBe(40);
        ids.Distinct().Count().ShouldBe(40);
    }

    [Fact]
    public async Task A_cursor_whose_values_change_their_type_is_read_on()
    {
        Method = ReplicationMethod.Incremental;
        Func<SourceSettings, SourceSettings> byN = s => s with { CursorField = "n", MayRepeat = false };
        Server.Insert("shop.orders", [Order(1, 100), Order(2, 200)]);
        await RunAsync(byN);
        DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Server.Insert("shop.orders", [new Doc { { "_id", 3 }, { "n", Leaf.Date(now) } }, new Doc { { "_id", 4 }, { "n", "later" } }]);

        (await RunAsync(byN)).Rows.Select(r => r.Values["_id"]).Order().ShouldBe(["3", "4"]);
        (await RunAsync(byN)).Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task Texts_and_symbols_come_after_numbers()
    {
        Server.Needs(MongoGap.Symbols);
        Method = ReplicationMethod.Incremental;
        Func<SourceSettings, SourceSettings> byN = s => s with { CursorField = "n", MayRepeat = false };
        Server.Insert("shop.orders", [Order(1, 100)]);
        await RunAsync(byN);
        Server.Insert("shop.orders", [new Doc { { "_id", 2 }, { "n", "" } }, new Doc { { "_id", 3 }, { "n", new Leaf(BsonType.Symbol, Leaf.String("old").Raw) } }]);

        (await RunAsync(byN)).Rows.Select(r => r.Values["_id"]).Order().ShouldBe(["2", "3"]);
        (await RunAsync(byN)).Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_waits_is_told_before_it_is_read()
    {
        Server.Insert("shop.orders", Enumerable.Range(0, 1000).Select(i => Order(i, i)));
        await using ISource source = new MongoDbConnector().CreateSource(Settings());

        PartitionPlan plan = (await source.PlanAsync(new([], 1), TestContext.Current.CancellationToken)).Partitions.ShouldHaveSingleItem();

        plan.Waiting.Rows.ShouldBe(1000);
        plan.Waiting.RowsKnown.ShouldBe(Certainty.Estimated);
        plan.Waiting.Bytes.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public async Task Discovery_tells_sizes_kinds_and_fields()
    {
        Server.Needs(MongoGap.Views);
        Server.Needs(MongoGap.Capped);
        Server.Insert("shop.orders", Enumerable.Range(0, 10).Select(i => Order(i, i, "x")));
        Server.Create("shop.recent", new Doc { { "viewOn", "orders" }, { "pipeline", new Arr() } });
        Server.Create("shop.events", new Doc { { "capped", true }, { "size", 100_000 } });

        IReadOnlyList<DatasetInfo> found = await new MongoDbConnector().DiscoverAsync(Settings().Connection, TestContext.Current.CancellationToken);

        found.Select(d => d.Name).ShouldBe(["events", "orders", "recent"]);
        found[1].Waiting.Rows.ShouldBe(10);
        found[1].Schema.Columns.Select(c => c.Name).ShouldBe(["_id", "n", "text"]);
        found[1].Schema.Key.ShouldBe(["_id"]);
        found[2].Methods.ShouldBe([ReplicationMethod.FullRefresh]);
        found[0].Note.ShouldNotBeNull().ShouldContain("capped");
    }

    /// <summary>Documents whose ids are of ten types, in no order.</summary>
    private static IEnumerable<Doc> Mixed(int count)
    {
        DateTimeOffset time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (int i = 0; i < count; i++)
        {
            int value = (int)(i * 2654435761L % 1_000_003);
            Node id = (i, i % 9) switch
            {
                (0, _) => Leaf.MinKey,
                (1, _) => Leaf.MaxKey,
                (2, _) => Leaf.Null,
                (_, 0) => value,
                (_, 1) => value + 0.5,
                (_, 2) => $"id {value}",
                (_, 3) => Leaf.NewObjectId(time.AddSeconds(i)),
                (_, 4) => new Doc { { "a", value }, { "b", "x" } },
                (_, 5) => Leaf.Uuid(new Guid(value, 0, 0, new byte[8])),
                (_, 6) => Leaf.Date(time.AddSeconds(i)),
                (_, 7) => Leaf.Timestamp((ulong)i << 32),
                _ => (long)value << 33,
            };
            yield return new Doc { { "_id", id }, { "n", i } };
        }
    }
}
