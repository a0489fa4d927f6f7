using Millrace.Catalog;
using Millrace.Catalog.Logs;
using Millrace.Catalog.Runs;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.IntegrationTests.Catalog;

public abstract partial class CatalogConformance
{
    private static readonly RunStart RunOfShop = new("shop", "manual", "me", "host", 42);
    private static readonly TaskRunStart TaskStart = new("shop/orders", "orders", "E", """{"name":"orders"}""");

    [Fact]
    public async Task A_run_and_its_task_runs_come_back_as_they_were_told()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        long run = await catalog.Runs.StartAsync(RunOfShop, Ct);
        long task = await catalog.Runs.StartTaskAsync(run, TaskStart, Ct);
        var outcome = new TaskOutcome(10, 2000, 3, 2)
        {
            Tables = [new(new("raw", "orders"), 9, 1)],
            Quarantined = 1,
            DiscardedRows = 4,
            DiscardedValues = 5,
            NewColumns = ["raw.orders.a int64", "raw.orders.b text"],
            LimitReached = "run_max_rows",
            Stages = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(3)),
        };

        await catalog.Runs.EndTaskAsync(task, RunStatus.Succeeded, outcome, null, Ct);
        await catalog.Runs.EndAsync(run, RunStatus.Succeeded, null, Ct);

        TaskRunRecord read = (await catalog.Runs.TasksOfAsync(run, Ct)).Single();
        read.Status.ShouldBe(RunStatus.Succeeded);
        read.Start.ShouldBe(TaskStart);
        read.Counts.ShouldBe(new TaskRunCounts(2, 10, 2000, 3, 1, 4, 5));
        read.LimitReached.ShouldBe("run_max_rows");
        read.Stages.ShouldBe(outcome.Stages);
        read.Tables.ShouldBe([("raw.orders", 9, 1)]);
        read.NewColumns.ShouldBe(outcome.NewColumns);
        RunRecord whole = (await catalog.Runs.ListAsync(new(5) { Job = "shop" }, Ct)).Single();
        (whole.RunId, whole.Start, whole.Status, whole.Rows, whole.Bytes, whole.Quarantined).ShouldBe((run, RunOfShop, RunStatus.Succeeded, 10, 2000, 1));
        (await catalog.Runs.ListAsync(new(5) { Job = "other" }, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_task_run_keeps_what_was_durable_and_why_it_failed()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        long run = await catalog.Runs.StartAsync(RunOfShop, Ct);
        long task = await catalog.Runs.StartTaskAsync(run, TaskStart, Ct);
        var error = new MillraceException(ErrorCodes.CheckFailed, "what", "fix it");

        await catalog.Runs.ProgressTaskAsync(task, new(20, 200, 10, 100, 2, 1, Estimate.Unknown, null, TimeSpan.Zero), Ct);
        await catalog.Runs.EndTaskAsync(task, RunStatus.Failed, null, error, Ct);

        TaskRunRecord read = (await catalog.Runs.HistoryAsync("shop/orders", 5, Ct)).Single();
        (read.Counts.Rows, read.Counts.Bytes, read.Counts.Quarantined, read.Counts.Loads).ShouldBe((10, 100, 2, 1));
        read.Error.ShouldBe(new TaskRunError("MR1305", "what", "fix it"));
    }

    [Fact]
    public async Task A_run_is_opened_again_only_where_it_ended_without_success()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        long run = await catalog.Runs.StartAsync(RunOfShop, Ct);

        bool underWay = await catalog.Runs.ReopenAsync(run, RunOfShop, Ct);
        await catalog.Runs.EndAsync(run, RunStatus.Failed, new MillraceException(ErrorCodes.CheckFailed, "what", "fix it"), Ct);
        bool failed = await catalog.Runs.ReopenAsync(run, RunOfShop with { Pid = 43 }, Ct);
        RunRecord reopened = (await catalog.Runs.ListAsync(new(1), Ct)).Single();
        await catalog.Runs.EndAsync(run, RunStatus.Succeeded, null, Ct);
        bool succeeded = await catalog.Runs.ReopenAsync(run, RunOfShop, Ct);

        (underWay, failed, succeeded).ShouldBe((false, true, false));
        (reopened.Status, reopened.Start.Pid, reopened.EndedAt, reopened.ErrorCode).ShouldBe((RunStatus.Running, 43, null, null));
    }

    [Fact]
    public async Task Run_ids_grow_and_are_never_given_twice()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        long first = await catalog.Runs.StartAsync(RunOfShop, Ct);
        await Place.ExecuteAsync("DELETE FROM metadata.runs");

        (await catalog.Runs.StartAsync(RunOfShop, Ct)).ShouldBeGreaterThan(first);
    }

    [Fact]
    public async Task Lost_marks_only_what_is_under_way()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        long run = await catalog.Runs.StartAsync(RunOfShop, Ct);
        long done = await catalog.Runs.StartTaskAsync(run, TaskStart, Ct);
        await catalog.Runs.EndTaskAsync(done, RunStatus.Succeeded, null, null, Ct);
        await catalog.Runs.StartTaskAsync(run, TaskStart, Ct);

        await catalog.Runs.MarkLostAsync(run, Ct);

        (await catalog.Runs.TasksOfAsync(run, Ct)).Select(t => t.Status).ShouldBe([RunStatus.Succeeded, RunStatus.Lost]);
        (await catalog.Runs.ListAsync(new(1), Ct)).Single().Status.ShouldBe(RunStatus.Lost);
    }

    [Fact]
    public async Task Log_lines_are_read_in_order_with_what_they_belong_to()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        long run = await catalog.Runs.StartAsync(RunOfShop, Ct);
        long task = await catalog.Runs.StartTaskAsync(run, TaskStart, Ct);
        DateTimeOffset at = new(2026, 11, 21, 9, 0, 0, TimeSpan.Zero);
        long ofRun = await catalog.Logs.OpenAsync(run, null, Ct);
        long ofTask = await catalog.Logs.OpenAsync(run, task, Ct);
        var second = new LogLine(1, at.AddSeconds(1), LogLevel.Error, "second") { Rows = 5, Context = """{"a":1}""" };

        await catalog.Logs.AppendAsync(ofTask, [second], Ct);
        await catalog.Logs.AppendAsync(ofRun, [new(1, at, LogLevel.Info, "first"), new(2, at.AddSeconds(2), LogLevel.Warning, "third")], Ct);

        IReadOnlyList<LogEntry> lines = await catalog.Logs.ReadAsync(run, 100, Ct);
        lines.Select(l => l.Line.Message).ShouldBe(["first", "second", "third"]);
        lines[1].ShouldBe(new LogEntry(task, "orders", second));
        lines[0].TaskRunId.ShouldBeNull();
    }

    [Fact]
    public async Task The_mirror_is_what_it_was_last_told()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        Checkpoint a = new("k", "p1", 1, new("l1"), new("x/1"), 10);
        Checkpoint b = new("k", "p2", 1, new("l1"), new("x/2"), 20);
        await catalog.Checkpoints.ReplaceAsync("k", [a, b], 7, Ct);
        await catalog.Checkpoints.ReplaceAsync("other", [a with { TaskKey = "other" }], 7, Ct);

        await catalog.Checkpoints.ReplaceAsync("k", [b with { Rows = 21 }], 8, Ct);

        (await catalog.Checkpoints.ReadAsync("k", Ct)).Select(m => (m.Checkpoint, m.RunId)).ShouldBe([(b with { Rows = 21 }, 8L)]);
        (await catalog.Checkpoints.ReadAsync(null, Ct)).Count.ShouldBe(2);
    }
}
