using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;
using Millrace.Testing.Fakes;

namespace Millrace.UnitTests.Engine;

/// <summary>The engine against scripts and a store that crashes on demand: whatever happens, the end state is the script's.</summary>
public sealed class TaskEngineTests
{
    private static readonly ConnectionSettings Nowhere = new("fake", new object(), "");

    [Fact]
    public async Task AnEmptySourceCommitsItsPlanAndCompletesTheGeneration()
    {
        var store = new MemoryStore();
        TaskOutcome outcome = await Engine(Scripts(new Random(1), 0), store).RunAsync(TestContext.Current.CancellationToken);

        outcome.Rows.ShouldBe(0);
        store.Checkpoints[("t", "#generation")].Position.ShouldBe(new("millrace.generation/complete"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task OneRunGivesTheScriptsEndState(int seed)
    {
        var scripts = Scripts(new Random(seed), 500);
        var store = new MemoryStore();
        TaskOutcome outcome = await Engine(scripts, store).RunAsync(TestContext.Current.CancellationToken);

        outcome.Rows.ShouldBe(scripts.Sum(s => s.Value.Count));
        outcome.Bytes.ShouldBe(outcome.Rows * ScriptedSource.BytesPerChange);
        AssertEndState(store, scripts);
    }

    [Fact]
    public async Task AnyBudgetGivesTheSameEndStateAndNoRunExceedsIt()
    {
        await RunUntilDoneAsync(asksBudget: true, (outcome, maxRows, unit) => outcome.Rows.ShouldBeLessThanOrEqualTo(Math.Max(maxRows, unit)));
    }

    [Fact]
    public async Task ASourceThatNeverAsksIsStoppedAtACommitPointAndTheNextRunGoesOnThere()
    {
        int[] runs = await RunUntilDoneAsync(asksBudget: false, (outcome, maxRows, unit) =>
        {
            if (outcome.LimitReached is not null)
            {
                // Three partitions at once, each until the end of its batch and unit.
                outcome.LimitReached.ShouldBe("run_max_rows");
                outcome.Rows.ShouldBeInRange(1, maxRows + (3 * (12 + unit)));
            }
        });
        runs.ShouldAllBe(r => r > 3);
    }

    [Fact]
    public async Task CrashesAtAnyStepLoseAndDoubleNothing()
    {
        int crashes = 0;
        for (int seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var scripts = Scripts(random, 150);
            var store = new MemoryStore();
            for (int attempt = 0; ; attempt++)
            {
                int steps = attempt < 12 ? random.Next(1, 60) : int.MaxValue;
                store.At = step =>
                {
                    if (--steps == 0)
                    {
                        throw new MillraceException(ErrorCodes.Internal, "crash " + step);
                    }
                };
                try
                {
                    await Engine(scripts, store, random: random).RunAsync(TestContext.Current.CancellationToken);
                    break;
                }
                catch (MillraceException e) when (e.Message.StartsWith("crash", StringComparison.Ordinal))
                {
                    crashes++;
                }
            }

            AssertEndState(store, scripts);
        }

        crashes.ShouldBeGreaterThan(300);
    }

    [Fact]
    public async Task ARunThatIsRolledBackForAnotherTransactionGoesOnWithinItsBudget()
    {
        int conflicts = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var scripts = Scripts(random, 60);
            var store = new MemoryStore();
            int maxRows = random.Next(20, 80);
            int generation = 1;
            TaskOutcome outcome;
            do
            {
                int steps = random.Next(1, 40);
                store.At = step =>
                {
                    if (step != "after commit" && --steps == 0)
                    {
                        conflicts++;
                        throw new MillraceException(ErrorCodes.TransactionConflict, "rolled back", isTransient: true);
                    }
                };
                var context = new RunContext(1, Nowhere, Nowhere, "") { Time = new HastyTime(), FullRefresh = generation == 1 && store.Checkpoints.Count > 0 };
                generation += context.FullRefresh ? 1 : 0;
                outcome = await Engine(scripts, store, limits: new(maxRows, null, null), random: random, context: context).RunAsync(TestContext.Current.CancellationToken);
                outcome.Generation.ShouldBe(generation);
                (outcome.Rows > 0 || outcome.LimitReached is null).ShouldBeTrue();
                outcome.Rows.ShouldBeLessThanOrEqualTo(Math.Max(maxRows, scripts.Values.Max(LargestUnit)));
            }
            while (outcome.LimitReached is not null);

            AssertEndState(store, scripts);
        }

        conflicts.ShouldBeGreaterThan(60);
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(5, null)]
    [InlineData(6, "MR1221")]
    public async Task ConflictsAreCountedAnewAfterEachCommit(int inARow, string? expected)
    {
        var script = Enumerable.Range(0, 60).Select(i => new ScriptedChange("a", $"k{i}", "v")).ToArray();
        var scripts = new Dictionary<string, IReadOnlyList<ScriptedChange>> { ["snapshot:1"] = script };
        var store = new MemoryStore();
        int left = inARow;
        int conflicts = 0;
        store.At = step =>
        {
            if (step == "before commit" && left-- > 0)
            {
                conflicts++;
                throw new MillraceException(ErrorCodes.TransactionConflict, "rolled back", isTransient: true);
            }

            left = step == "after commit" ? inARow : left;
        };
        var context = new RunContext(1, Nowhere, Nowhere, "") { Time = new HastyTime() };
        Task<TaskOutcome> run = Engine(scripts, store, commitRows: 7, context: context).RunAsync(TestContext.Current.CancellationToken);

        if (expected is not null)
        {
            (await Should.ThrowAsync<MillraceException>(() => run)).Code.Id.ShouldBe(expected);
            return;
        }

        (await run).Rows.ShouldBe(60);
        conflicts.ShouldBeGreaterThan(6);
        AssertEndState(store, scripts);
    }

    [Fact]
    public async Task ASnapshotIsCompletedByItsLastLoadAndNoFurtherOneFollows()
    {
        var script = Enumerable.Range(0, 100).Select(i => new ScriptedChange("a", $"k{i}", "v")).ToArray();
        var scripts = new Dictionary<string, IReadOnlyList<ScriptedChange>> { ["snapshot:1"] = script };
        var store = new MemoryStore();
        TaskOutcome outcome = await Engine(scripts, store, commitRows: 1000).RunAsync(TestContext.Current.CancellationToken);

        outcome.Loads.ShouldBe(1);
        store.Checkpoints[("t", "#generation")].Position.ShouldBe(new("millrace.generation/complete"));
    }

    [Fact]
    public async Task APartitionThatIsMovedBackByHandIsReadAgain()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        ScriptedChange[] script = [.. Enumerable.Range(0, 100).Select(i => new ScriptedChange("a", $"k{i}", "v"))];
        var scripts = new Dictionary<string, IReadOnlyList<ScriptedChange>> { ["log"] = script[..50] };
        var store = new MemoryStore();
        await Engine(scripts, store, commitRows: 1000).RunAsync(limit.Token);
        Position half = store.Checkpoints[("t", "log")].Position;
        scripts["log"] = script;
        await Engine(scripts, store, commitRows: 1000).RunAsync(limit.Token);

        foreach (Checkpoint moved in CheckpointEditing.Move([.. store.Checkpoints.Values], "log", half))
        {
            store.Checkpoints[(moved.TaskKey, moved.Partition)] = moved;
        }

        TaskOutcome again = await Engine(scripts, store, commitRows: 1000).RunAsync(limit.Token);

        again.Rows.ShouldBe(50);
        store.Checkpoints[("t", "log")].Position.Text.ShouldBe("script.change/00000100");
    }

    /// <summary>Followed for weeks, a source may lose its history more than once; each new snapshot that comes to the head stands for itself.</summary>
    [Fact]
    public async Task HistoryThatIsLostNowAndThenWhileFollowingIsLoadedAnewEachTime()
    {
        using var stop = new CancellationTokenSource();
        ScriptedChange[] script = [.. Enumerable.Range(0, 20).Select(i => new ScriptedChange("a", $"k{i}", "v"))];
        var scripts = new Dictionary<string, IReadOnlyList<ScriptedChange>> { ["snapshot:1"] = script };
        var store = new MemoryStore();
        int plans = 0;
        TaskEngine engine = Engine(
            scripts,
            store,
            prepare: s => s.Planning = () =>
            {
                if (++plans is 2 or 5 or 7)
                {
                    throw new MillraceException(ErrorCodes.HistoryLost, "lost");
                }

                if (plans == 9)
                {
                    stop.Cancel();
                }
            },
            context: new(1, Nowhere, Nowhere, "") { Follow = true, Stopping = stop.Token, Time = new HastyTime() },
            change: t => t with { Source = t.Source with { OnHistoryLost = OnHistoryLost.Resnapshot } });

        TaskOutcome outcome = await engine.RunAsync(TestContext.Current.CancellationToken);

        outcome.Rows.ShouldBe(4 * script.Length);
        store.Checkpoints[("t", "#generation")].Generation.ShouldBe(4);
    }

    [Fact]
    public async Task HistoryThatIsLostRightAfterANewSnapshotEndsTheRun()
    {
        ScriptedChange[] script = [.. Enumerable.Range(0, 20).Select(i => new ScriptedChange("a", $"k{i}", "v"))];
        var scripts = new Dictionary<string, IReadOnlyList<ScriptedChange>> { ["snapshot:1"] = script };
        int plans = 0;
        TaskEngine engine = Engine(
            scripts,
            new MemoryStore(),
            prepare: s => s.Planning = () =>
            {
                if (++plans > 1)
                {
                    throw new MillraceException(ErrorCodes.HistoryLost, "lost");
                }
            },
            context: new(1, Nowhere, Nowhere, "") { Follow = true, Time = new HastyTime() },
            change: t => t with { Source = t.Source with { OnHistoryLost = OnHistoryLost.Resnapshot } });

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => engine.RunAsync(TestContext.Current.CancellationToken));

        error.Message.ShouldContain("right after a new snapshot");
        plans.ShouldBe(3);
    }

    [Fact]
    public async Task TheTablesOfATaskAreReadFromItsCheckpoints()
    {
        var store = new MemoryStore();
        await Engine(Scripts(new Random(1), 50), store).RunAsync(TestContext.Current.CancellationToken);

        CheckpointEditing.TablesOf([.. store.Checkpoints.Values]).ShouldBe([new TableId("", "a"), new TableId("", "b")]);
    }

    [Fact]
    public async Task RowsBeforeAFailingReadAreKept()
    {
        var script = Enumerable.Range(0, 100).Select(i => new ScriptedChange("a", $"k{i}", "v")).ToArray();
        var scripts = new Dictionary<string, IReadOnlyList<ScriptedChange>> { ["log"] = script };
        var store = new MemoryStore();
        TaskEngine engine = Engine(scripts, store, prepare: s => s.At = (_, n) =>
        {
            if (n == 60)
            {
                throw new MillraceException(ErrorCodes.FileUnavailable, "gone");
            }
        });

        MillraceException e = await Should.ThrowAsync<MillraceException>(() => engine.RunAsync(TestContext.Current.CancellationToken));

        e.Code.ShouldBe(ErrorCodes.FileUnavailable);
        store.Tables[new("", "a")].Count.ShouldBe(60);
        store.Checkpoints[("t", "log")].Position.Text.ShouldBe("script.change/00000060");
    }

    [Fact]
    public async Task AcknowledgesOnlyWhatIsDurable()
    {
        var scripts = Scripts(new Random(5), 300);
        var store = new MemoryStore();
        ScriptedSource? source = null;
        int compared = 0;
        store.At = step =>
        {
            if (step == "before commit")
            {
                foreach (Checkpoint c in source!.Acknowledged)
                {
                    compared++;
                    string.CompareOrdinal(store.Checkpoints[(c.TaskKey, c.Partition)].Position.Text, c.Position.Text).ShouldBeGreaterThanOrEqualTo(0);
                }
            }
        };
        await Engine(scripts, store, prepare: s => source = s).RunAsync(TestContext.Current.CancellationToken);

        compared.ShouldBeGreaterThan(0);
        source!.Acknowledged.Select(c => c.Partition).Distinct().Count().ShouldBe(scripts.Count);
    }

    [Fact]
    public async Task AConcurrentRunIsFencedAndWritesNothing()
    {
        var scripts = Scripts(new Random(7), 200);
        var store = new MemoryStore();
        bool raced = false;
        store.At = step =>
        {
            if (step == "before commit" && store.Checkpoints.ContainsKey(("t", "log")) && !raced)
            {
                raced = true;
                Engine(scripts, store, commitRows: 7).RunAsync(CancellationToken.None).GetAwaiter().GetResult();
            }
        };

        // Depending on where the other run's loads ended, this one is fenced, or finds its own load done and goes on from there.
        Exception? e = await Record.ExceptionAsync(() => Engine(scripts, store, commitRows: 10).RunAsync(TestContext.Current.CancellationToken));

        raced.ShouldBeTrue();
        (e is null || e is MillraceException { Code.Id: "MR1301" }).ShouldBeTrue(e?.ToString());
        AssertEndState(store, scripts);
    }

    /// <summary>Runs 40 random scripts under random row budgets, each until nothing is left.</summary>
    /// <param name="asksBudget">Whether the source asks the budget before it reads on.</param>
    /// <param name="check">Given each run's outcome, its run_max_rows and the largest indivisible unit in rows.</param>
    /// <returns>For each script the number of runs it took.</returns>
    private static async Task<int[]> RunUntilDoneAsync(bool asksBudget, Action<TaskOutcome, int, int> check)
    {
        int[] runs = new int[40];
        for (int seed = 0; seed < runs.Length; seed++)
        {
            var random = new Random(seed);
            var scripts = Scripts(random, 200);
            var store = new MemoryStore();
            int maxRows = random.Next(1, 80);
            TaskOutcome outcome;
            do
            {
                outcome = await Engine(scripts, store, limits: new(maxRows, null, null), random: random, prepare: s => s.AsksBudget = asksBudget)
                    .RunAsync(TestContext.Current.CancellationToken);
                check(outcome, maxRows, scripts.Values.Max(LargestUnit));
                (++runs[seed]).ShouldBeLessThan(2000);
            }
            while (outcome.LimitReached is not null);

            AssertEndState(store, scripts);
        }

        return runs;
    }

    internal static TaskEngine Engine(
        Dictionary<string, IReadOnlyList<ScriptedChange>> scripts,
        MemoryStore store,
        RunLimits? limits = null,
        Random? random = null,
        int? commitRows = null,
        Action<ScriptedSource>? prepare = null,
        string[]? datasets = null,
        ColumnMapping[]? columns = null,
        RunContext? context = null,
        Func<TaskDefinition, TaskDefinition>? change = null)
    {
        random ??= new Random(42);
        var task = new TaskDefinition(
            "t", "job", "t", new("fake", new([.. datasets ?? ["a", "b"]], []), ReplicationMethod.ChangeCapture), new("fake", "{dataset}", WriteDisposition.Merge))
        {
            Limits = limits ?? RunLimits.None,
            CommitEvery = new(commitRows ?? random.Next(1, 60), null, null),
            MaxBytesInFlight = random.Next(1, 5000),
            Columns = [.. columns ?? []],
        };
        int batchRows = random.Next(1, 12);
        bool staged = random.Next(2) == 0;
        var source = new FakeConnector
        {
            Source = _ =>
            {
                var s = new ScriptedSource(scripts, batchRows, staged);
                prepare?.Invoke(s);
                return s;
            },
        };
        var destination = new FakeConnector { Destination = _ => new MemoryDestination(store) };
        return new(change?.Invoke(task) ?? task, source, destination, context ?? new(1, Nowhere, Nowhere, ""));
    }

    /// <summary>A log over two datasets with transactions, and a snapshot of another key range beside it.</summary>
    internal static Dictionary<string, IReadOnlyList<ScriptedChange>> Scripts(Random random, int changes)
    {
        ScriptedChange Change(string prefix, int i) => new(
            random.Next(2) == 0 ? "a" : "b",
            prefix + random.Next(20),
            random.Next(4) == 0 ? null : $"v{i}",
            random.Next(5) != 0);
        List<ScriptedChange> Script(string prefix) =>
        [
            .. Enumerable.Range(0, changes).Select(i => Change(prefix, i)),
            .. changes == 0 ? [] : new[] { new ScriptedChange("a", prefix + "end", "end") },
        ];
        return new() { ["log"] = Script("l"), ["snapshot:1"] = Script("s"), ["snapshot:2"] = Script("t") };
    }

    internal static int LargestUnit(IReadOnlyList<ScriptedChange> script)
    {
        int largest = 0;
        int size = 0;
        foreach (ScriptedChange change in script)
        {
            size++;
            largest = Math.Max(largest, size);
            size = change.EndsUnit ? 0 : size;
        }

        return largest;
    }

    internal static void AssertEndState(MemoryStore store, Dictionary<string, IReadOnlyList<ScriptedChange>> scripts)
    {
        var expected = new Dictionary<TableId, SortedDictionary<string, string>>();
        foreach (ScriptedChange change in scripts.Values.SelectMany(s => s))
        {
            var table = expected.TryGetValue(new("", change.Dataset), out var t)
                ? t
                : expected[new("", change.Dataset)] = new(StringComparer.Ordinal);
            if (change.Value is null)
            {
                table.Remove(change.Id);
            }
            else
            {
                table[change.Id] = change.Value;
            }
        }

        foreach ((TableId table, SortedDictionary<string, string> rows) in expected)
        {
            store.Tables[table].ShouldBe(rows);
        }

        foreach ((string partition, IReadOnlyList<ScriptedChange> script) in scripts.Where(s => s.Value.Count > 0))
        {
            store.Checkpoints[("t", partition)].Rows.ShouldBe(script.Count);
        }
    }
}
