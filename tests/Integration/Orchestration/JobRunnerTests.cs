using Millrace.Catalog.Leases;
using Millrace.Catalog.Logs;
using Millrace.Catalog.Runs;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Lineage;
using Millrace.Orchestration.Leases;
using Millrace.Orchestration.Runner;
using Millrace.Testing.Fakes;

namespace Millrace.IntegrationTests.Orchestration;

public sealed class JobRunnerTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Fact]
    public async Task A_run_moves_the_rows_and_the_catalog_tells_all_of_it()
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(RunnerHouse.Task("a", ", limits: { run_max_rows: 20 }"));

        RunReport first = await house.RunAsync();
        RunReport second = await house.RunAsync();

        first.Status.ShouldBe(RunStatus.Succeeded);
        first.Tasks[0].Outcome!.LimitReached.ShouldBe("run_max_rows");
        second.RunId.ShouldBeGreaterThan(first.RunId);
        house.Store.Tables.Values.Single().Count.ShouldBe(25);
        TaskRunRecord[] history = [.. await house.Catalog.Runs.HistoryAsync("j/a", 5, Ct)];
        history.Select(t => (t.RunId, t.Counts.Rows, t.LimitReached)).ShouldBe([(second.RunId, 5, null), (first.RunId, 20, "run_max_rows")]);
        history[0].Start.Settings.ShouldContain("run_max_rows");
        IReadOnlyList<LogEntry> log = await house.Catalog.Logs.ReadAsync(first.RunId, 100, Ct);
        log.Select(l => l.Line.Sequence).ShouldBe(Enumerable.Range(1, log.Count).Select(i => (long)i));
        log[^1].Line.Message.ShouldContain("the next run goes on from here");
        (await house.Catalog.Checkpoints.ReadAsync("j/a", Ct)).Select(m => m.Checkpoint).ShouldBe(
            house.Store.Checkpoints.Values.OrderBy(c => c.Partition, StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_a_run_wrote_is_its_lineage_with_the_columns_that_were_there()
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(RunnerHouse.Task("a", ", columns: [ { from: value, to: v, mask: redact }, { to: kind, constant: web } ]"));

        RunReport first = await house.RunAsync();
        RunReport second = await house.RunAsync();

        TaskLineage lineage = (await house.Catalog.Lineage.OfRunAsync(first.RunId, Ct)).ShouldHaveSingleItem();
        lineage.Edges.Select(e => $"{e.From}>{e.To} {e.Kind} {e.Origin}").Order(StringComparer.Ordinal).ShouldBe(
        [
            ">to:a.kind Constant Recorded", "from:a.id>to:a.id Copied Recorded", "from:a.value>to:a.v Masked Recorded", "from:a>to:a Loaded Recorded",
        ]);
        (await house.Catalog.Lineage.OfRunAsync(second.RunId, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_is_told_once_and_the_run_goes_on()
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(RunnerHouse.Task("a"));
        var notes = new NoteList();
        house.Settings = house.Settings with { Catalog = new LoglessCatalog(house.Catalog), Observer = (_, _) => notes };

        RunReport report = await house.RunAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        report.Status.ShouldBe(RunStatus.Succeeded);
        house.Store.Tables.Values.Single().Count.ShouldBe(25);
        notes.Texts.ShouldHaveSingleItem().ShouldContain("the disk is full");
    }

    [Fact]
    public async Task A_failed_task_fails_the_run_and_the_others_still_run()
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(string.Join(", ", RunnerHouse.Task("a"), RunnerHouse.Task("b"), RunnerHouse.Task("c", ", enabled: false")));
        house.At = (task, change) =>
        {
            if (task == "j/a" && change == 12)
            {
                throw new InvalidOperationException($"driver says: password={RunnerHouse.Secret} was refused");
            }
        };

        RunReport report = await house.RunAsync();

        report.Status.ShouldBe(RunStatus.Failed);
        report.Tasks.Select(t => (t.Task.Name, t.Status)).ShouldBe([("a", RunStatus.Failed), ("b", RunStatus.Succeeded)]);
        MillraceException error = report.Errors.Single();
        error.Code.ShouldBe(ErrorCodes.Internal);
        error.Message.ShouldNotContain(RunnerHouse.Secret);
        error.Message.ShouldContain("driver says");
        RunRecord run = (await house.Catalog.Runs.ListAsync(new(1), Ct)).Single();
        (run.Status, run.ErrorCode).ShouldBe((RunStatus.Failed, "MR1099"));
        string everything = string.Join('\n', await house.Catalog.Logs.ReadAsync(report.RunId, 100, Ct)) + run + report.Tasks[0];
        everything.ShouldNotContain(RunnerHouse.Secret);
    }

    [Fact]
    public async Task A_note_is_handed_on_and_kept_without_secrets()
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(
            "{ name: a, source: { connection: from, dataset: a, on_history_lost: resnapshot }, target: { connection: to, table: a } }");
        var notes = new NoteList();
        house.Settings = house.Settings with { Observer = (_, _) => notes };
        bool isLost = false;
        house.At = (_, change) =>
        {
            if (change == 12 && !isLost)
            {
                isLost = true;
                throw new MillraceException(ErrorCodes.HistoryLost, $"driver says: {RunnerHouse.Secret}");
            }
        };

        RunReport report = await house.RunAsync();

        report.Status.ShouldBe(RunStatus.Succeeded);
        notes.Texts.ShouldContain(t => t.Contains("driver says: ***", StringComparison.Ordinal));
        string.Join('\n', await house.Catalog.Logs.ReadAsync(report.RunId, 100, Ct)).ShouldNotContain(RunnerHouse.Secret);
    }

    [Fact]
    public async Task A_cancelled_run_says_so_and_the_next_goes_on()
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(string.Join(", ", RunnerHouse.Task("a", ", commit_every: { rows: 5 }"), RunnerHouse.Task("b")));
        using var stop = new CancellationTokenSource();
        house.At = (_, change) =>
        {
            if (change == 20)
            {
                stop.Cancel();
            }
        };

        RunReport report = await house.RunUntilAsync(stop.Token);

        report.Status.ShouldBe(RunStatus.Cancelled);
        report.Tasks.Select(t => (t.Task.Name, t.Status)).ShouldBe([("a", RunStatus.Cancelled)]);
        (await house.Catalog.Runs.ListAsync(new(1), Ct)).Single().Status.ShouldBe(RunStatus.Cancelled);
        house.At = (_, _) => { };
        (await house.RunAsync()).Status.ShouldBe(RunStatus.Succeeded);
        house.Store.Tables.Values.ShouldAllBe(t => t.Count == 25);
    }

    [Fact]
    public async Task A_task_under_way_elsewhere_is_not_started_a_second_time()
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(string.Join(", ", RunnerHouse.Task("a"), RunnerHouse.Task("b")));
        await house.Catalog.Leases.TryAcquireAsync("task/j/a", ProcessProbe.Current(77), TimeSpan.FromMinutes(1), null, Ct);

        RunReport report = await house.RunAsync();

        report.Tasks.Select(t => t.Status).ShouldBe([RunStatus.Failed, RunStatus.Succeeded]);
        MillraceException error = report.Errors.Single();
        error.Code.ShouldBe(ErrorCodes.LeaseHeld);
        error.Message.ShouldContain($"run 77, process {Environment.ProcessId}");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_task_whose_lease_went_to_another_stops()
    {
        var time = new Catalog.ManualTime();
        await using RunnerHouse house = await RunnerHouse.BuildAsync(RunnerHouse.Task("a"));
        house.Settings = house.Settings with { Time = time };
        house.Script = dataset => new EndlessScript(dataset);
        house.At = (_, change) =>
        {
            if (change == 15)
            {
                TakeLease(house, token: 1);
                time.Advance(TimeSpan.FromSeconds(20));
            }
        };

        RunReport report = await house.RunAsync();

        report.Errors.Single().Code.ShouldBe(ErrorCodes.LeaseLost);
        Lease lease = (await house.Catalog.Leases.FindAsync("task/j/a", Ct)).ShouldNotBeNull();
        (lease.Token, lease.IsReleased).ShouldBe((2, false));
    }

    [Fact(Timeout = 60_000)]
    public async Task Followed_tasks_run_side_by_side_until_they_are_cancelled()
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(string.Join(", ", RunnerHouse.Task("a"), RunnerHouse.Task("b")));
        using var stop = new CancellationTokenSource();
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        house.Script = dataset => new EndlessScript(dataset);
        house.At = (task, change) =>
        {
            if (change > 20 && seen.TryAdd(task, true) && seen.Count == 2)
            {
                stop.Cancel();
            }
        };

        RunReport report = await new JobRunner(house.Settings).RunAsync(house.Project, new("j") { Follow = true }, stop.Token);

        report.Status.ShouldBe(RunStatus.Cancelled);
        report.Tasks.Select(t => t.Status).ShouldBe([RunStatus.Cancelled, RunStatus.Cancelled]);
    }

    private static void TakeLease(RunnerHouse house, long token)
    {
        LeaseAttempt taken = house.Catalog.Leases
            .TryAcquireAsync("task/j/a", ProcessProbe.Current(78), TimeSpan.FromMinutes(1), token, Ct).AsTask().GetAwaiter().GetResult();
        taken.Acquired.ShouldBeTrue();
    }

    [Fact]
    public async Task Leases_are_given_back_and_dead_runs_are_marked_before_the_next()
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(RunnerHouse.Task("a"));
        long dead = await house.Catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), Ct);
        await house.Catalog.Leases.TryAcquireAsync(
            LostRuns.LeaseOf(dead), ProcessProbe.Current(dead) with { ProcessStart = "0" }, TimeSpan.FromMinutes(1), null, Ct);

        RunReport report = await house.RunAsync();

        (await house.Catalog.Runs.ListAsync(new(1) { RunId = dead }, Ct)).Single().Status.ShouldBe(RunStatus.Lost);
        (await house.Catalog.Leases.FindAsync("task/j/a", Ct))!.IsReleased.ShouldBeTrue();
        (await house.Catalog.Leases.FindAsync(LostRuns.LeaseOf(report.RunId), Ct))!.IsReleased.ShouldBeTrue();
    }

    [Theory]
    [InlineData("nope", null, "MR1406")]
    [InlineData("j", "nope", "MR1406")]
    [InlineData("j", "b", "MR1002")]
    public async Task What_cannot_be_run_is_refused_before_a_run_begins(string job, string? task, string code)
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(string.Join(", ", RunnerHouse.Task("a"), RunnerHouse.Task("b", ", enabled: false")));

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => house.RunAsync(new(job) { Task = task }));

        error.Code.Id.ShouldBe(code);
        (await house.Catalog.Runs.ListAsync(new(1), Ct)).ShouldBeEmpty();
    }
}
