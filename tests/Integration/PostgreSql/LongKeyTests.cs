using Millrace.Connectors.PostgreSql;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;
using Millrace.Testing.Fakes;
using Millrace.Testing.Servers;

namespace Millrace.IntegrationTests.PostgreSql;

/// <summary>Keys that an index of PostgreSQL cannot hold go to quarantine, whether they come with a row or with its delete.</summary>
public sealed class LongKeyTests(PostgreSqlFixture fixture)
{
    private static readonly TaskDefinition Definition = new(
        "job/task",
        "job",
        "task",
        new("fake", new(["orders"], []), ReplicationMethod.ChangeCapture),
        new("prod", "{dataset}", WriteDisposition.Merge) { DeleteMode = DeleteMode.Hard });

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

    [Theory]
    [InlineData(TypeKind.Bytes, 1400)]
    [InlineData(TypeKind.Text, 2600)]
    public async Task A_key_that_does_not_fit_does_not_fit_when_it_is_retried_either(TypeKind kind, int length)
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        string key = LongKey(length);
        LogicalType type = kind == TypeKind.Bytes ? LogicalType.Bytes : LogicalType.Text;
        await NewEngine(store, type, [new("orders", "j", "v"), new("orders", key, "w"), new("orders", key, null)]).RunAsync(PostgreSqlStore.Token);
        await store.QueryAsync("UPDATE _millrace_quarantine SET code = 'MR0000', reason = 'an older one' RETURNING id");

        var target = new ConnectionSettings("prod", new PostgreSqlOptions { ConnectionString = store.Connection }, "");
        await using IDestination destination = new PostgreSqlConnector().CreateDestination(new(target));
        var retry = new QuarantineRetry(Definition, destination, TimeProvider.System);
        foreach (QuarantinedRow row in await ((IQuarantineStore)destination).ListAsync("job/task", 10, PostgreSqlStore.Token))
        {
            (await retry.RetryAsync(row, row.RunId, PostgreSqlStore.Token)).ShouldNotBeNull().Code.ShouldBe(ErrorCodes.ValueRefused);
        }

        IReadOnlyList<string?[]> kept = await store.QueryAsync("SELECT code, reason, raw FROM _millrace_quarantine ORDER BY id");
        kept.Select(r => r[0]).ShouldBe([ErrorCodes.ValueRefused.Id, ErrorCodes.ValueRefused.Id]);
        kept.ShouldAllBe(r => r[1]!.Contains("more than the 2500", StringComparison.Ordinal));
        kept[1][2]!.ShouldStartWith("{\"_millrace_change\":\"delete\",\"id\":");
        (await store.QueryAsync("SELECT value FROM orders")).ShouldHaveSingleItem()[0].ShouldBe("v");
    }

    // Random, so that the index cannot hold it compressed.
    private static string LongKey(int length)
    {
        var random = new Random(7);
        return string.Concat(Enumerable.Range(0, length).Select(_ => (char)random.Next(33, 126)));
    }

    private static TaskEngine NewEngine(PostgreSqlStore store, LogicalType key, ScriptedChange[] changes)
    {
        Dictionary<string, IReadOnlyList<ScriptedChange>> scripts = new() { ["log"] = changes };
        var source = new FakeConnector { Source = _ => new ScriptedSource(scripts, 10, staged: false) { IdType = key, GivesPositions = true } };
        var target = new ConnectionSettings("prod", new PostgreSqlOptions { ConnectionString = store.Connection }, "");
        return new(Definition, source, new PostgreSqlConnector(), new(1, Nowhere, target, ""));
    }
}
