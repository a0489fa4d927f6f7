using System.Text.Json;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Lineage;

/// <summary><c>millrace trace</c>: a row through the layers, and keys whose rows are gone, masked or never came.</summary>
public sealed class TraceTests
{
    public static TheoryData<string> Names => Warehouses.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_row_is_followed_through_all_layers_to_its_source(string warehouse)
    {
        using var house = new ExampleHouse(warehouse);
        await house.RunAsync($"sample shop --out {house.Dump} --orders 200");
        await house.RunAsync("run stage");
        string id = house.Warehouse.Query("SELECT order_id FROM dbo.orders ORDER BY order_id LIMIT 1")[0]["order_id"].Text;

        JsonElement trace = await house.JsonAsync($"trace transform.order_facts --key order_id={id}");
        trace.GetProperty("found").GetBoolean().ShouldBeTrue();
        JsonElement[] tables = [.. trace.GetProperty("tables").EnumerateArray()];
        tables.Select(t => t.GetProperty("table").GetString()).ShouldBe(["transform.order_facts", "dbo.orders", "raw.orders", "orders"]);
        tables[..3].Select(t => Row(t).GetProperty("run_id").GetInt64()).ShouldBe([2, 2, 1]);
        tables[..3].Select(t => Row(t).GetProperty("tasks")[0].GetProperty("task").GetString()).ShouldBe(["production/order_facts", "production/orders", "stage/orders"]);
        Row(tables[1]).GetProperty("tasks")[0].GetProperty("rule").GetString()!.ShouldStartWith("sql/dbo_orders.sql, line 5, 8, sha256 ");
        Row(tables[2]).GetProperty("tasks")[0].GetProperty("rule").GetString().ShouldBe("change_capture, merge (upsert), deletes soft");
        Row(tables[2]).GetProperty("position").GetString().ShouldNotBeNullOrEmpty();
        Row(tables[2]).GetProperty("values").GetProperty("_id").GetString().ShouldBe(id);
        tables[0].GetProperty("notes")[0].GetString()!.ShouldContain("not followed to warehouse:dbo.customers");

        string text = await house.RunAsync($"trace raw.orders --key {id}");
        text.ShouldContain($"warehouse:raw.orders  _id = {id}");
        text.ShouldContain("run        1 of stage, started ");
        text.ShouldContain("written by run 1 (stage/orders)");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_row_that_is_not_there_ends_with_1_and_what_is_known_of_it(string warehouse)
    {
        using var house = new ExampleHouse(warehouse);
        (await house.TryAsync("trace raw.customers --key 1")).ShouldExitWith(1).Errors.ShouldContain("MR1503");
        await house.RunAsync($"sample shop --out {house.Dump} --orders 50");
        await house.RunAsync("run stage");

        ProcessOutcome absent = (await house.TryAsync("trace raw.customers --key 999999999 --json")).ShouldExitWith(1);
        JsonDocument.Parse(absent.Output).RootElement.GetProperty("code").GetString().ShouldBe("MR1503");
        absent.All.ShouldContain("Neither a tombstone nor the quarantine");

        // Values are bound: what looks like SQL is a value that no number is.
        (await house.TryAsync("trace raw.customers --key 1);DROP/**/TABLE/**/raw.customers;--")).ShouldExitWith(2).Errors.ShouldContain("MR1504");
        house.Warehouse.Count("SELECT count(*) FROM raw.customers").ShouldBeGreaterThan(0);
        (await house.TryAsync("trace raw.orders --key x'OR'1'='1")).ShouldExitWith(1).Errors.ShouldContain("MR1503");
        (await house.TryAsync("trace dbo.orders --key 1")).ShouldExitWith(2).Errors.ShouldContain("--key column=value");
        (await house.TryAsync("trace orders --key 1")).ShouldExitWith(2).Errors.ShouldContain("MR1016");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Quarantine_and_masks_stay_what_they_are(string warehouse)
    {
        using var folder = new TemporaryFolder();
        using Warehouse target = Warehouses.Create(warehouse, folder);
        var shell = new CommandLineShell(folder);
        await File.WriteAllLinesAsync(folder[".env"], target.Environment.Select(e => $"{e.Key}='{e.Value}'"), TestContext.Current.CancellationToken);
        DumpWriter.WriteCollection(folder["dump"], "shop.orders", Guid.NewGuid(), new[]
        {
            """{"_id":1,"n":5,"mail":"ann@example.com"}""", """{"_id":2,"n":"abc","mail":"bob@example.com"}""",
        }.Select(json => ExtendedJsonReader.ReadDocument(json)));
        await File.WriteAllTextAsync(folder["millrace.yaml"], $$"""
            connections:
              backup: { type: mongodb, dump: dump, database: shop }
              warehouse:
                {{target.ConnectionYaml}}
            jobs:
              load:
                tasks:
                  - name: orders
                    source: { connection: backup, dataset: orders }
                    target: { connection: warehouse, table: raw.orders }
                    columns: [ { from: n, to: amount, cast: int64 }, { from: mail, to: mail, mask: redact } ]
                    schema_contract: { types: quarantine }
            """, TestContext.Current.CancellationToken);
        (await shell.RunAsync("run load")).ShouldExitWith(0);

        ProcessOutcome there = (await shell.RunAsync("trace raw.orders --key 1")).ShouldExitWith(0);
        there.Output.ShouldContain("mail = ***");
        there.Output.ShouldContain("n → amount as int64, mail → mail masked (redact)");
        ProcessOutcome quarantined = (await shell.RunAsync("trace raw.orders --key 2")).ShouldExitWith(1);
        quarantined.Output.ShouldContain("quarantine id 1, run 1");
        quarantined.Errors.ShouldContain("1 row of it in quarantine");
        (there.All + quarantined.All).ShouldNotContain("@example.com");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_key_that_was_deleted_is_known_by_its_tombstone(string warehouse)
    {
        using var house = new ExampleHouse(warehouse);
        house.Edit(text => text.Replace("{ source: { dataset: orders } }", "{ source: { dataset: orders }, target: { delete_mode: hard } }", StringComparison.Ordinal));
        await house.RunAsync($"sample shop --out {house.Dump} --orders 300");
        await house.RunAsync("run stage --steps E");
        await house.RunAsync($"sample shop --out {house.Dump} --orders 300 --changes 300");
        await house.RunAsync("run stage --steps E");
        string id = house.Warehouse.Query(
            $"SELECT key_text FROM {house.Warehouse.DefaultSchema}._millrace_tombstones WHERE table_name = 'orders' ORDER BY key_text LIMIT 1")[0]["key_text"].Text;

        ProcessOutcome gone = (await house.TryAsync($"trace raw.orders --key {id}")).ShouldExitWith(1);
        gone.Output.ShouldContain("tombstone  the key was deleted at ");
        gone.Errors.ShouldContain("the source deleted it");
        (await house.JsonAsync($"trace raw.orders --key {id}", exit: 1)).GetProperty("tables")[0].GetProperty("tombstone").GetProperty("generation").GetInt32().ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_version_that_history_keeps_is_told_and_a_table_without_a_run_says_so(string warehouse)
    {
        using var house = new ExampleHouse(warehouse);
        house.Edit(text => text.Replace("{ source: { dataset: customers } }", "{ source: { dataset: customers }, target: { merge_strategy: scd2 } }", StringComparison.Ordinal));
        await house.RunAsync($"sample shop --out {house.Dump} --orders 300");
        await house.RunAsync("run stage --steps E");
        await house.RunAsync($"sample shop --out {house.Dump} --orders 300 --changes 200");
        await house.RunAsync("run stage --steps E");
        string id = house.Warehouse.Query("SELECT CAST(_id AS text) AS k FROM raw.customers GROUP BY _id HAVING count(DISTINCT _millrace_run_id) > 1 ORDER BY _id LIMIT 1")[0]["k"].Text;

        JsonElement versions = (await house.JsonAsync($"trace raw.customers --key {id}")).GetProperty("tables")[0].GetProperty("rows");
        versions.GetArrayLength().ShouldBeGreaterThan(1);
        versions[0].GetProperty("valid_to").GetString().ShouldNotBeNull();
        versions[0].GetProperty("run_id").GetInt64().ShouldBeLessThan(versions[versions.GetArrayLength() - 1].GetProperty("run_id").GetInt64());

        house.Warehouse.Execute("CREATE SCHEMA IF NOT EXISTS dbo");
        house.Warehouse.Execute("CREATE TABLE dbo.customers (customer_id bigint, name text, country text)");
        house.Warehouse.Execute($"INSERT INTO dbo.customers VALUES ({id}, 'x', 'y')");
        (await house.RunAsync($"trace dbo.customers --key customer_id={id}")).ShouldContain("the row carries no run: the SQL that wrote it writes no run_id");
    }

    private static JsonElement Row(JsonElement table) => table.GetProperty("rows")[0];
}
