using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Shouldly;
using Xunit;

namespace Millrace.Testing.Conformance;

public abstract partial class RelationalSourceConformance
{
    /// <summary>
    /// Rows that come between runs, many at one value and alike in all of it, are read once each by a target that appends, whatever the budgets.
    /// </summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 10)]
    [InlineData(4, 1000)]
    public async Task Ties_are_neither_lost_nor_doubled(int seed, int budget)
    {
        await ExecuteAsync("CREATE TABLE events (ts integer, note varchar)");
        var random = new Random(seed);
        SourceRun run = Runs(New("events", "ts"));
        List<string> expected = [];
        int at = 0;
        for (int step = 0; step < 12; step++)
        {
            for (int i = random.Next(6); i > 0; i--)
            {
                at += random.Next(2);
                string note = Number(random.Next(2));
                await ExecuteAsync($"INSERT INTO events VALUES ({Number(at)}, '{note}')");
                expected.Add($$"""{"ts":{{Number(at)}},"note":"{{note}}"}""");
            }

            await run.ReadAsync(new(budget, null, null, TimeProvider.System), cancellationToken: Token);
        }

        ReadBudget last;
        do
        {
            last = new(budget, null, null, TimeProvider.System);
            await run.ReadAsync(last, cancellationToken: Token);
        }
        while (last.Reached is not null);

        run.Rows.Select(RowOf).Order(StringComparer.Ordinal).ShouldBe(expected.Order(StringComparer.Ordinal));
    }

    /// <summary>A read that finds nothing new gives the position that it was given: it commits nothing.</summary>
    [Fact]
    public async Task Nothing_new_moves_nothing()
    {
        await ExecuteAsync($"CREATE TABLE events (ts {Instant}, n integer); INSERT INTO events VALUES ('2026-11-22 10:00:00.123456+00', 1), ('2026-11-22 10:00:00.123456+00', 1)");
        SourceRun run = Runs(New("events", "ts"));
        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);
        Position before = run.Ends.ShouldHaveSingleItem().Last;

        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);

        run.Rows.Count.ShouldBe(2);
        run.Ends.ShouldHaveSingleItem().Last.ShouldBe(before);
        before.Text.ShouldContain("2026-11-22T10:00:00.123456");
    }

    /// <summary>A row that changed at the watermark itself comes again.</summary>
    [Fact]
    public async Task A_change_at_the_watermark_comes_again()
    {
        await ExecuteAsync("CREATE TABLE events (id integer, ts integer, n integer); INSERT INTO events VALUES (1, 5, 1), (2, 5, 1)");
        SourceRun run = Runs(New("events", "ts"));
        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);
        await ExecuteAsync("UPDATE events SET n = 2 WHERE id = 1");

        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);

        run.Rows.Count.ShouldBe(3);
        run.Rows[^1].ShouldContain("\"n\":2");
    }

    /// <summary>Rows without a value are counted and told, and not read.</summary>
    [Fact]
    public async Task Rows_without_a_cursor_are_told()
    {
        await ExecuteAsync("CREATE TABLE events (ts integer); INSERT INTO events VALUES (1), (NULL), (NULL)");
        ISource source = Connector.CreateSource(New("events", "ts"));
        await using (source)
        {
            ReadPlan plan = await source.PlanAsync(new([], 1), Token);
            plan.Notes.ShouldHaveSingleItem().ShouldContain("2 rows of events have no value in ts");
        }

        (await ReadAsync(New("events", "ts"))).ShouldBe(["""{"ts":1}"""]);
    }

    /// <summary>A lookback reads the rows of its window again in each read, and no more of them in each run of a read that a budget cuts.</summary>
    [Fact]
    public async Task A_lookback_reads_its_window_again()
    {
        await ExecuteAsync("CREATE TABLE events (id integer PRIMARY KEY, ts integer); INSERT INTO events VALUES (1, 10), (2, 20), (3, 30)");
        SourceSettings settings = New("events", "ts") with { MayRepeat = true, Options = new RelationalSourceOptions { Lookback = "10" } };
        SourceRun run = Runs(settings);
        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);
        Position first = run.Ends[0].Last;
        await ExecuteAsync("INSERT INTO events VALUES (4, 25), (5, 15)");

        for (int i = 0; i < 2; i++)
        {
            await run.ReadAsync(new(1, null, null, TimeProvider.System), cancellationToken: Token);
        }

        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);
        run.Rows.Select(RowOf).ShouldBe(
        [
            """{"id":1,"ts":10}""", """{"id":2,"ts":20}""", """{"id":3,"ts":30}""",
            """{"id":2,"ts":20}""", """{"id":4,"ts":25}""", """{"id":3,"ts":30}""",
        ]);

        // It read rows, so that it is another place, and its load another load.
        run.Ends[0].Last.ShouldNotBe(first);
        (await FailAsync(settings with { MayRepeat = false })).Code.ShouldBe(ErrorCodes.InvalidConfiguration);
        (await FailAsync(settings with { Options = new RelationalSourceOptions { Lookback = "1h" } })).Code.ShouldBe(ErrorCodes.InvalidConfiguration);
    }

    /// <summary>The same by time.</summary>
    [Fact]
    public async Task A_lookback_may_be_a_time()
    {
        await ExecuteAsync($"CREATE TABLE events (id integer PRIMARY KEY, ts {Instant}); INSERT INTO events VALUES (1, '2026-01-01 10:00:00+00'), (2, '2026-01-01 11:00:00+00')");
        SourceRun run = Runs(New("events", "ts") with { MayRepeat = true, Options = new RelationalSourceOptions { Lookback = "30m" } });
        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);
        await ExecuteAsync("INSERT INTO events VALUES (3, '2026-01-01 10:30:00+00'), (4, '2026-01-01 10:29:59+00')");

        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);

        run.RowsOfRun.ShouldBe(2);
    }

    /// <summary>A backfill reads its range, its beginning with it and its end without.</summary>
    [Fact]
    public async Task A_range_of_time_is_read()
    {
        await ExecuteAsync($"CREATE TABLE events (day date, ts {Instant}); INSERT INTO events VALUES ('2026-01-01', '2026-01-01 00:00:00+00'), ('2026-01-02', '2026-01-02 00:00:00+00'), ('2026-01-03', '2026-01-03 00:00:00+00')");
        foreach (string cursor in (string[])["day", "ts"])
        {
            SourceSettings settings = New("events", cursor) with { From = Day(1), To = Day(3) };
            (await ReadAsync(settings)).Count.ShouldBe(2);
        }

        static DateTimeOffset Day(int day) => new(2026, 1, day, 0, 0, 0, TimeSpan.Zero);
    }

    /// <summary>A watermark is of its column: another one's is not taken for it.</summary>
    [Fact]
    public async Task Another_cursor_field_does_not_go_on()
    {
        await ExecuteAsync("CREATE TABLE events (ts integer, n integer); INSERT INTO events VALUES (1, 2)");
        ISource first = Connector.CreateSource(New("events", "ts"));
        ReadPlan plan;
        await using (first)
        {
            plan = await first.PlanAsync(new([], 1), Token);
        }

        ISource second = Connector.CreateSource(New("events", "n"));
        await using (second)
        {
            Checkpoint[] committed = [new("job/task", plan.Partitions[0].Name, 1, new("00"), plan.Partitions[0].Start, 0)];
            (await Should.ThrowAsync<MillraceException>(async () => await second.PlanAsync(new(committed, 1), Token))).Code.ShouldBe(ErrorCodes.HistoryLost);
        }
    }

    /// <summary>A cursor of any type that orders goes on from its text.</summary>
    [Theory]
    [InlineData("varchar", "'a'", "'b''c'")]
    [InlineData("decimal(38,10)", "1.5", "12345678901234567890.0000000001")]
    [InlineData("double precision", "0.1", "1e300")]
    [InlineData("date", "'2026-01-01'", "'9999-12-31'")]
    [InlineData("timestamp", "'0001-01-01 00:00:00'", "'2026-01-01 00:00:00.000001'")]
    [InlineData("uuid", "'00000000-0000-0000-0000-000000000001'", "'ffffffff-0000-0000-0000-000000000001'")]
    [InlineData("bigint", "-9223372036854775808", "9223372036854775807")]
    public async Task A_cursor_of_any_ordered_type_goes_on(string type, string first, string second)
    {
        await ExecuteAsync($"CREATE TABLE events (ts {type}); INSERT INTO events VALUES ({first}), ({second})");
        SourceRun run = Runs(New("events", "ts"));
        await run.ReadAsync(new(1, null, null, TimeProvider.System), cancellationToken: Token);
        run.Rows.Count.ShouldBe(1);
        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);
        run.Rows.Count.ShouldBe(2);
        await ExecuteAsync($"INSERT INTO events VALUES ({second})");
        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);
        run.Rows.Count.ShouldBe(3);
        run.Rows[1].ShouldBe(run.Rows[2]);
    }
}
