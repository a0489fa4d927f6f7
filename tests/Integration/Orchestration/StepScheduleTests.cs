using System.Collections.Immutable;
using Millrace.Catalog.Runs;
using Millrace.Core.Config;
using Millrace.Core.Config.Settings;
using Millrace.Orchestration.Runner;

namespace Millrace.IntegrationTests.Orchestration;

public sealed class StepScheduleTests
{
    private readonly List<string> _started = [];
    private readonly HashSet<string> _failing = [];
    private readonly HashSet<string> _ended = [];
    private readonly TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isPartial;
    private int _together;
    private int _running;
    private int _most;

    [Fact]
    public async Task Steps_follow_each_other_and_tasks_keep_their_order()
    {
        StepSchedule schedule = await RunAsync(1, T("l", TaskStep.L), T("t2", TaskStep.T, 2), T("e"), T("t1", TaskStep.T, 1));
        _started.ShouldBe(["e", "t1", "t2", "l"]);
        schedule.Reports.Select(r => r.Task.Name).ShouldBe(["l", "t2", "e", "t1"]);
        _most.ShouldBe(1);
    }

    [Fact]
    public async Task A_step_ends_before_the_next_begins()
    {
        _together = 6;
        await RunAsync(8, [.. Enumerable.Range(0, 6).Select(i => T("e" + i)), .. Enumerable.Range(0, 6).Select(i => T("t" + i, TaskStep.T))]);
        _started.Take(6).ShouldAllBe(n => n.StartsWith('e'));
        _most.ShouldBe(6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public async Task No_more_than_the_limit_run_at_once(int limit)
    {
        _together = Math.Min(limit, 20);
        await RunAsync(limit, [.. Enumerable.Range(0, 20).Select(i => T("e" + i))]);
        _most.ShouldBe(_together);
        _started.Count.ShouldBe(20);
    }

    [Fact]
    public async Task A_failure_stops_what_depends_on_it_and_later_steps_and_nothing_else()
    {
        _failing.Add("a");
        StepSchedule schedule = await RunAsync(1, T("a"), T("b", after: ["a"]), T("c", after: ["b"]), T("d"), T("t", TaskStep.T));
        _started.ShouldBe(["a", "d"]);
        schedule.Skipped.Select(s => (s.Task.Name, s.Reason)).ShouldBe(
        [
            ("b", "it depends on a, which did not succeed"), ("c", "it depends on b, which did not succeed"), ("t", "step E did not succeed: a"),
        ]);
    }

    [Fact]
    public async Task A_dependency_that_is_not_of_the_run_is_not_waited_for()
    {
        _isPartial = true;
        await RunAsync(2, T("b", after: ["switched_off"]));
        _started.ShouldBe(["b"]);
    }

    [Fact]
    public async Task Dependencies_are_kept_whatever_the_order_and_limit()
    {
        var random = new Random(20261121);
        for (int round = 0; round < 200; round++)
        {
            _started.Clear();
            _ended.Clear();
            int count = random.Next(1, 12);
            ProjectTask[] tasks =
            [
                .. Enumerable.Range(0, count).Select(i => T("t" + i, order: random.Next(5), after: [.. Enumerable.Range(0, i).Where(_ => random.Next(4) == 0).Select(d => "t" + d)]) with { Order = i }),
            ];
            random.Shuffle(tasks);
            await RunAsync(random.Next(1, 5), tasks);
            _started.Count.ShouldBe(count);
        }
    }

    [Fact]
    public async Task Places_count_within_the_step()
    {
        await RunAsync(1, T("e1"), T("e2"), T("t2", TaskStep.T, order: 2), T("first", TaskStep.T) with { }, T("t0", TaskStep.T, order: 0));
        _started.ShouldBe(["e1", "e2", "t0", "t2", "first"]);
    }

    [Fact]
    public async Task What_is_under_way_is_waited_for_when_one_is_cancelled()
    {
        using var stop = new CancellationTokenSource();
        int ended = 0;
        var schedule = new StepSchedule([T("a"), T("b") with { Order = 1 }, T("c") with { Order = 2 }], 2, async task =>
        {
            if (task.Name == "a")
            {
                await stop.CancelAsync();
                throw new OperationCanceledException(stop.Token);
            }

            await Task.Delay(100);
            ended++;
            return new(task, 1, RunStatus.Succeeded, null, null);
        });
        await Should.ThrowAsync<OperationCanceledException>(() => schedule.RunAsync(stop.Token));
        ended.ShouldBe(1);
        schedule.Reports.Select(r => r.Task.Name).ShouldBe(["b"]);
    }

    private async Task<StepSchedule> RunAsync(int limit, params ProjectTask[] tasks)
    {
        var schedule = new StepSchedule([.. tasks.Select((t, i) => t with { Order = i })], limit, OneAsync);
        await schedule.RunAsync(TestContext.Current.CancellationToken);
        return schedule;
    }

    private async Task<TaskReport> OneAsync(ProjectTask task)
    {
        lock (_started)
        {
            task.DependsOn.ShouldAllBe(d => _ended.Contains(d) || _isPartial);
            _started.Add(task.Name);
            _most = Math.Max(_most, ++_running);
        }

        // Nobody ends before so many have met.
        if (_most >= _together)
        {
            _met.TrySetResult();
        }

        await _met.Task;
        await Task.Yield();
        lock (_started)
        {
            _running--;
            _ended.Add(task.Name);
        }

        return new(task, 1, _failing.Contains(task.Name) ? RunStatus.Failed : RunStatus.Succeeded, null, null);
    }

    private static ProjectTask T(string name, TaskStep step = TaskStep.E, int? order = null, ImmutableArray<string> after = default) =>
        new("j/" + name, "j", name, step, 0) { RunOrder = order, DependsOn = after.IsDefault ? [] : after };
}
