using Millrace.Connectors.PostgreSql;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Schemas;
using Millrace.Testing.Fakes;
using Millrace.Testing.Servers;

namespace Millrace.IntegrationTests.PostgreSql;

/// <summary>Keys that an index of PostgreSQL cannot hold go to quarantine, whether they come with a row or with its delete.</summary>
public sealed class LongKeyTests(PostgreSqlFixture fixture)
{
    private static readonly ConnectionSettings Nowhere = new("fake", new object(), "");

    [Theory]
    [InlineData(TypeKind.Bytes, 1200, true)]
    [InlineData(TypeKind.Bytes, 1400, false)]
    [InlineData(TypeKind.Text, 2400, true)]
    [InlineData(TypeKind.Text, 2600, false)]
    public async Task A_key_loads_where_its_delete_can_be_kept(TypeKind kind, int length, bool isLoaded)
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        string key = LongKey(length);
        TaskEngine Engine(params ScriptedChange[] changes) => NewEngine(store, kind == TypeKind.Bytes ? LogicalType.Bytes : LogicalType.Text, changes);
        ScriptedChange[] inserts = [new("orders", "j", "v"), new("orders", key, "w")];

        await Engine(inserts).RunAsync(PostgreSqlStore.Token);
        (await store.QueryAsync("SELECT id FROM orders")).Count.ShouldBe(isLoaded ? 2 : 1);
        await Engine([.. inserts, new("orders", key, null)]).RunAsync(PostgreSqlStore.Token);

        (await store.QueryAsync("SELECT value FROM orders")).ShouldHaveSingleItem()[0].ShouldBe("v");
        (await store.QueryAsync("SELECT key_text FROM _millrace_tombstones")).Count.ShouldBe(isLoaded ? 1 : 0);
        (await store.QueryAsync("SELECT id FROM _millrace_quarantine")).Count.ShouldBe(isLoaded ? 0 : 2);
    }

    // Random, so that the index cannot hold it compressed.
    private static string LongKey(int length)
    {
        var random = new Random(7);
        return string.Concat(Enumerable.Range(0, length).Select(_ => (char)random.Next(33, 126)));
    }

    private static TaskEngine NewEngine(PostgreSqlStore store, LogicalType key, ScriptedChange[] changes)
    {
        var task = new TaskDefinition(
            "job/task",
            "job",
            "task",
            new("fake", new(["orders"], []), ReplicationMethod.ChangeCapture),
            new("prod", "{dataset}", WriteDisposition.Merge) { DeleteMode = DeleteMode.Hard });
        Dictionary<string, IReadOnlyList<ScriptedChange>> scripts = new() { ["log"] = changes };
        var source = new FakeConnector { Source = _ => new ScriptedSource(scripts, 10, staged: false) { IdType = key, GivesPositions = true } };
        var target = new ConnectionSettings("prod", new PostgreSqlOptions { ConnectionString = store.Connection }, "");
        return new(task, source, new PostgreSqlConnector(), new(1, Nowhere, target, ""));
    }
}
