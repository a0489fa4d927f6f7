using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Embedding;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;
using Millrace.Testing.Fakes;

namespace Millrace.UnitTests.Embedding;

/// <summary>What a project file may not say, a program may not either.</summary>
public sealed class PipelineRulesTests
{
    private readonly MemoryStore _store = new();

    public static TheoryData<string, string, Func<TaskDefinition, TaskDefinition>> Broken => new()
    {
        { nameof(ErrorCodes.Unsupported), "task.target.primary_key", t => t with { Target = t.Target with { PrimaryKey = ["value"] } } },
        { nameof(ErrorCodes.Unsupported), "task.target.write_disposition", t => t with { Target = t.Target with { Disposition = WriteDisposition.Replace } } },
        { nameof(ErrorCodes.Unsupported), "task.source.replication_method", t => t with { Source = t.Source with { Method = ReplicationMethod.Incremental, CursorField = "at" } } },
        { nameof(ErrorCodes.Unsupported), "task.source.cursor_field", t => t with { Source = t.Source with { CursorField = "at" } } },
        { nameof(ErrorCodes.Unsupported), "task.target.merge_strategy", t => t with { Target = t.Target with { Disposition = WriteDisposition.Append, Strategy = MergeStrategy.Scd2 } } },
        { nameof(ErrorCodes.InvalidValue), "task.target.table", t => t with { Target = t.Target with { Table = "a.b.c" } } },
        { nameof(ErrorCodes.Unsupported), "task.target.table", t => t with { Source = t.Source with { Datasets = new(["*"], []) } } },
        { nameof(ErrorCodes.Unsupported), "task.columns[0]", t => t with { Columns = [new() { From = "value", Drop = true, To = "x" }] } },
        { nameof(ErrorCodes.InvalidValue), "task.checks[0].row_count", t => t with { Checks = [new(QualityCheckKind.RowCount, [])] } },
        { nameof(ErrorCodes.InvalidValue), "task.max_columns", t => t with { MaxColumns = 0 } },
        { nameof(ErrorCodes.InvalidValue), "task.limits.run_max_rows", t => t with { Limits = new(0, null, null) } },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_task_that_a_project_file_may_not_hold_does_not_run(string code, string path, Func<TaskDefinition, TaskDefinition> change)
    {
        MillraceException refused = await Should.ThrowAsync<MillraceException>(
            () => Pipeline().With(change).RunAsync(TestContext.Current.CancellationToken));

        (refused.ConfigPath, refused.Code.Kind).ShouldBe((path, ErrorKind.Configuration), refused.Message);
        refused.Code.ShouldBe(code == nameof(ErrorCodes.InvalidValue) ? ErrorCodes.InvalidValue : ErrorCodes.Unsupported);
        _store.Tables.ShouldBeEmpty();
        _store.Checkpoints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_problem_is_told()
    {
        MillraceException refused = await Should.ThrowAsync<MillraceException>(() => Pipeline()
            .With(t => t with { MaxColumns = 0, Target = t.Target with { Table = "a.b.c" } }).RunAsync(TestContext.Current.CancellationToken));

        refused.Message.ShouldContain("max_columns");
        refused.Message.ShouldContain("a.b.c");
    }

    [Fact]
    public async Task A_key_may_be_named_by_the_column_that_it_is_mapped_to()
    {
        // The store in memory knows the columns id and value alone.
        await Pipeline(key: "source_id").With(t => t with { Columns = [new() { From = "source_id", To = "id" }], Target = t.Target with { PrimaryKey = ["id"] } })
            .RunAsync(TestContext.Current.CancellationToken);

        _store.Tables[new TableId("", "t")].ShouldContainKeyAndValue("k", "v");
    }

    private MillracePipeline Pipeline(string key = "id")
    {
        Dictionary<string, IReadOnlyList<ScriptedChange>> scripts = new() { ["log"] = [new("a", "k", "v")] };
        var source = new FakeConnector
        {
            Info = new("fake", "Fake", "For tests.", typeof(object)) { Methods = [ReplicationMethod.ChangeCapture, ReplicationMethod.FullRefresh], ChangeKey = [key] },
            Source = _ => new ScriptedSource(scripts, 10, staged: false),
        };
        var target = new FakeConnector
        {
            Info = new("fake", "Fake", "For tests.", typeof(object)) { Dispositions = [.. Enum.GetValues<WriteDisposition>()] },
            Destination = _ => new MemoryDestination(_store),
        };
        MillracePipeline pipeline = MillracePipeline.From(source, new object(), "a").To(target, new object(), "t");
        return key == "id" ? pipeline : pipeline.Transform(batch => Renamed(batch, key));
    }

    private static RecordBatch Renamed(RecordBatch batch, string key) =>
        new(batch.Schema with { Columns = [batch.Schema.Columns[0] with { Name = key }, batch.Schema.Columns[1]], Key = [key] }, batch.Columns, batch.RowCount)
        {
            Partition = batch.Partition,
            Changes = batch.Changes,
            Position = batch.Position,
            SourceBytes = batch.SourceBytes,
        };
}
