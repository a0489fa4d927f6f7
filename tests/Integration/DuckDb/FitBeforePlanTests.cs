using Millrace.Connectors.DuckDb;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.Testing.Fakes;

namespace Millrace.IntegrationTests.DuckDb;

/// <summary>Settings that do not go with the rows of a table are refused before the plan of a new generation replaces the checkpoints of those rows.</summary>
public sealed class FitBeforePlanTests : IDisposable
{
    private static readonly ConnectionSettings Nowhere = new("fake", new object(), "");

    private readonly DuckDbStore _store = new();

    public void Dispose() => _store.Dispose();

    public static TheoryData<string, Func<TaskDefinition, TaskDefinition>> Changes => new()
    {
        { "disposition", t => t with { Target = t.Target with { Disposition = WriteDisposition.Append } } },
        { "strategy", t => t with { Target = t.Target with { Strategy = MergeStrategy.Scd2 } } },
        { "key", t => t with { Target = t.Target with { PrimaryKey = ["value"] } } },
        { "method", t => t with { Source = t.Source with { Method = ReplicationMethod.FullRefresh } } },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Nothing_is_committed(string what, Func<TaskDefinition, TaskDefinition> change)
    {
        await Engine(t => t, fullRefresh: false).RunAsync(DuckDbStore.Token);
        IReadOnlyList<Checkpoint> before = await CommittedAsync();

        MillraceException refused = await Should.ThrowAsync<MillraceException>(() => Engine(change, fullRefresh: true).RunAsync(DuckDbStore.Token));

        refused.Code.ShouldBe(ErrorCodes.TableWrittenOtherwise, what);
        (await CommittedAsync()).ShouldBe(before, ignoreOrder: true);
        await Engine(t => t, fullRefresh: true).RunAsync(DuckDbStore.Token);
        (await _store.RowsAsync("SELECT value FROM shop.orders")).ShouldBe(["v"]);
    }

    private async Task<IReadOnlyList<Checkpoint>> CommittedAsync()
    {
        await using IDestination destination = _store.Open();
        return await destination.CommittedAsync("job/task", DuckDbStore.Token);
    }

    private TaskEngine Engine(Func<TaskDefinition, TaskDefinition> change, bool fullRefresh)
    {
        var task = new TaskDefinition(
            "job/task",
            "job",
            "task",
            new("fake", new(["orders"], []), ReplicationMethod.ChangeCapture),
            new("warehouse", "shop.{dataset}", WriteDisposition.Merge));
        Dictionary<string, IReadOnlyList<ScriptedChange>> scripts = new() { ["snapshot:1"] = [new("orders", "k1", "v")] };
        var source = new FakeConnector { Source = _ => new ScriptedSource(scripts, 10, staged: false) };
        var warehouse = new ConnectionSettings("warehouse", new DuckDbOptions { Path = _store.FilePath }, Path.GetDirectoryName(_store.FilePath)!);
        return new(change(task), source, new DuckDbConnector(), new(1, Nowhere, warehouse, "") { FullRefresh = fullRefresh });
    }
}
