using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;
using Millrace.Testing.Fakes;

namespace Millrace.UnitTests.Engine;

/// <summary>What becomes of a row is changed between two runs.</summary>
public sealed class TaskShapeTests
{
    private static readonly ColumnMapping Mask = new() { From = "value", Mask = MaskKind.Redact };

    private readonly MemoryStore _store = new();
    private readonly Notes _notes = new();
    private readonly List<ScriptedChange> _changes = [new("a", "1", "clear")];

    [Fact]
    public async Task A_mask_that_comes_later_is_refused_until_the_rows_in_the_clear_are_gone()
    {
        await RunAsync();
        _changes.Add(new("a", "2", "secret"));
        Dictionary<(string, string), Checkpoint> before = new(_store.Checkpoints);

        foreach (bool isPart in (bool[])[false, true])
        {
            MillraceException refused = await Should.ThrowAsync<MillraceException>(
                () => RunAsync(c => isPart ? c with { From = DateTimeOffset.UnixEpoch } : c, Mask));
            (refused.Code, refused.ConfigPath).ShouldBe((ErrorCodes.MaskAdded, "columns"));
            refused.Fix.ShouldNotBeNull().ShouldContain("--full-refresh");
        }

        _store.Checkpoints.ShouldBe(before, ignoreOrder: true);

        _store.Tables.Remove(new("", "a"));
        await RunAsync(c => c with { FullRefresh = true }, Mask);
        _store.Tables[new TableId("", "a")].Values.ShouldBe(["***", "***"]);
        _changes.Add(new("a", "3", "secret"));
        await RunAsync(null, Mask);
        _store.Tables[new TableId("", "a")].Values.ShouldBe(["***", "***", "***"]);
    }

    [Fact]
    public async Task Another_change_of_shape_is_told_once()
    {
        await RunAsync(null, Mask);
        await RunAsync(null, Mask);
        _notes.Texts.ShouldBeEmpty();

        await RunAsync();
        await RunAsync();
        _notes.Texts.ShouldHaveSingleItem().ShouldContain("--full-refresh");
    }

    [Fact]
    public async Task Where_nothing_was_loaded_yet_a_mask_may_come()
    {
        _changes.Clear();
        await RunAsync();
        _changes.Add(new("a", "1", "secret"));
        await RunAsync(null, Mask);
        _store.Tables[new TableId("", "a")].Values.ShouldBe(["***"]);
        _notes.Texts.ShouldBeEmpty();
    }

    [Fact]
    public async Task After_a_reset_a_mask_over_rows_in_the_clear_is_refused_too()
    {
        _change = t => FullRefresh(t, WriteDisposition.Append);
        await RunAsync();
        foreach (Checkpoint[] of in _store.Checkpoints.Values.GroupBy(c => c.TaskKey).Select(g => g.ToArray()).ToArray())
        {
            _store.Checkpoints.Clear();
            foreach (Checkpoint kept in CheckpointEditing.Reset(of))
            {
                _store.Checkpoints.Add((kept.TaskKey, kept.Partition), kept);
            }
        }

        (await Should.ThrowAsync<MillraceException>(() => RunAsync(null, Mask))).Code.ShouldBe(ErrorCodes.MaskAdded);
    }

    [Theory]
    [InlineData(WriteDisposition.Append)]
    [InlineData(WriteDisposition.Merge)]
    public async Task A_full_refresh_that_leaves_the_former_rows_refuses_a_mask_too(WriteDisposition disposition)
    {
        _change = t => FullRefresh(t, disposition);
        await RunAsync();
        _changes.Add(new("a", "2", "secret"));

        foreach (bool isForced in (bool[])[false, true])
        {
            MillraceException refused = await Should.ThrowAsync<MillraceException>(() => RunAsync(c => c with { FullRefresh = isForced }, Mask));
            refused.Code.ShouldBe(ErrorCodes.MaskAdded);
        }

        _store.Tables[new TableId("", "a")].Values.ShouldBe(["clear"]);
        _store.Tables.Remove(new("", "a"));
        await RunAsync(null, Mask);
        _store.Tables[new TableId("", "a")].Values.ShouldBe(["***", "***"]);
    }

    [Fact]
    public async Task A_replace_may_add_a_mask()
    {
        _change = t => FullRefresh(t, WriteDisposition.Replace);
        await RunAsync();
        await RunAsync(null, Mask);
        _store.Tables[new TableId("", "a")].Values.ShouldBe(["***"]);
        _notes.Texts.ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_shape_of_a_full_refresh_that_leaves_the_former_rows_is_told_once()
    {
        _change = t => FullRefresh(t, WriteDisposition.Append);
        await RunAsync(null, Mask);
        await RunAsync();
        await RunAsync();
        _notes.Texts.ShouldHaveSingleItem().ShouldContain("former shape");
    }

    [Theory]
    [InlineData(ReplicationMethod.ChangeCapture)]
    [InlineData(ReplicationMethod.FullRefresh)]
    public async Task Another_mask_key_is_told_once_and_no_key_is_kept(ReplicationMethod method)
    {
        _change = t => method == ReplicationMethod.FullRefresh ? FullRefresh(t, WriteDisposition.Append) : t;
        ColumnMapping mask = new() { From = "value", Mask = MaskKind.HmacSha256, MaskKey = "first key" };
        await RunAsync(null, mask);
        await RunAsync(null, mask);
        _notes.Texts.ShouldBeEmpty();

        await RunAsync(null, mask with { MaskKey = "second key" });
        await RunAsync(null, mask with { MaskKey = "second key" });

        _notes.Texts.ShouldHaveSingleItem().ShouldContain("mask key of value");
        _store.Checkpoints.Values.ShouldAllBe(c => !c.Position.Text.Contains("first", StringComparison.Ordinal) && !c.Position.Text.Contains("second", StringComparison.Ordinal));
    }

    private static TaskDefinition FullRefresh(TaskDefinition task, WriteDisposition disposition) => task with
    {
        Source = task.Source with { Method = ReplicationMethod.FullRefresh },
        Target = task.Target with { Disposition = disposition },
    };

    private Func<TaskDefinition, TaskDefinition> _change = task => task;

    private async Task RunAsync(Func<RunContext, RunContext>? change = null, params ColumnMapping[] columns)
    {
        var nowhere = new ConnectionSettings("fake", new object(), "");
        RunContext context = new(1, nowhere, nowhere, "") { Observer = _notes };
        context = change?.Invoke(context) ?? context;
        await TaskEngineTests.Engine(new() { ["log"] = _changes }, _store, columns: columns, context: context, change: _change).RunAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Notes : IRunObserver
    {
        public List<string> Texts { get; } = [];

        public void Planned(ReadPlan plan, int generation)
        {
        }

        public void Progress(RunProgress progress)
        {
        }

        public void Note(NoteLevel level, string text) => Texts.Add(text);

        public ValueTask CommittedAsync(LoadId load, CommitOutcome outcome, RunProgress progress, CancellationToken cancellationToken) =>
            ValueTask.CompletedTask;
    }
}
