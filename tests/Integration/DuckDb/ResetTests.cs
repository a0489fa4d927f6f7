using Millrace.Connectors.DuckDb;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;
using Millrace.Testing.Fakes;

namespace Millrace.IntegrationTests.DuckDb;

/// <summary>A task that starts over by <see cref="CheckpointEditing.Reset"/> still knows which tables hold its rows.</summary>
public sealed class ResetTests : IDisposable
{
    private static readonly ConnectionSettings Nowhere = new("fake", new object(), "");

    private readonly DuckDbStore _store = new();

    public void Dispose() => _store.Dispose();

    [Theory]
    [InlineData(false, "1")]
    [InlineData(false, null)]
    [InlineData(true, "1")]
    [InlineData(true, null)]
    public async Task Child_rows_of_before_go_where_the_new_generation_has_no_array(bool isReset, string? value)
    {
        await Engine("job/one", "[1, 2]").RunAsync(DuckDbStore.Token);
        (await _store.RowsAsync("SELECT count(*) FROM shop.orders__value")).ShouldBe(["2"]);

        if (isReset)
        {
            await ResetAsync("job/one");
        }

        await Engine("job/one", value, fullRefresh: !isReset).RunAsync(DuckDbStore.Token);

        (await _store.RowsAsync("SELECT count(*) FROM shop.orders__value")).ShouldBe(["0"]);
    }

    [Fact]
    public async Task No_other_task_takes_the_table_meanwhile()
    {
        await Engine("job/one", "1").RunAsync(DuckDbStore.Token);
        await ResetAsync("job/one");

        MillraceException refused = await Should.ThrowAsync<MillraceException>(() => Engine("job/two", "2").RunAsync(DuckDbStore.Token));

        refused.Code.ShouldBe(ErrorCodes.TableShared);
        await Engine("job/one", "3").RunAsync(DuckDbStore.Token);
        (await _store.RowsAsync("SELECT value FROM shop.orders")).ShouldBe(["3"]);
    }

    private async Task ResetAsync(string task)
    {
        await using IDestination destination = _store.Open();
        IReadOnlyList<Checkpoint> stored = await destination.CommittedAsync(task, DuckDbStore.Token);
        await destination.ReplaceCheckpointsAsync(task, CheckpointEditing.Reset(stored), DuckDbStore.Token);
    }

    private TaskEngine Engine(string key, string? value, bool fullRefresh = false)
    {
        var task = new TaskDefinition(
            key,
            "job",
            "task",
            new("fake", new(["orders"], []), ReplicationMethod.ChangeCapture),
            new("warehouse", "shop.{dataset}", WriteDisposition.Merge))
        {
            Nested = new(NestedMode.ChildTables, 3, "__"),
        };
        Dictionary<string, IReadOnlyList<ScriptedChange>> scripts = new() { ["snapshot:1"] = value is null ? [] : [new("orders", "k1", value)] };
        var source = new FakeConnector { Source = _ => new ScriptedSource(scripts, 10, staged: false) { ValueType = LogicalType.Json } };
        var warehouse = new ConnectionSettings("warehouse", new DuckDbOptions { Path = _store.FilePath }, Path.GetDirectoryName(_store.FilePath)!);
        return new(task, source, new DuckDbConnector(), new(1, Nowhere, warehouse, "") { FullRefresh = fullRefresh });
    }
}
