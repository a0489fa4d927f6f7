using System.Text.Json;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Lineage;

/// <summary><c>millrace lineage</c> over the example with the layers raw, dbo, transform and conformed.</summary>
public sealed class LineageTests
{
    [Theory]
    [InlineData("duckdb")]
    [InlineData("postgresql")]
    public async Task The_layers_are_told_before_any_run_and_columns_after_one(string warehouse)
    {
        using var house = new ExampleHouse(warehouse);
        string before = await house.RunAsync("lineage conformed.daily_revenue");
        before.ShouldBe("""
            warehouse:conformed.daily_revenue
            comes from
            └─ warehouse:transform.order_facts  transformed by production/daily_revenue (sql/daily_revenue.sql:7)
               ├─ warehouse:dbo.orders  transformed by production/order_facts (sql/order_facts.sql:3)
               │  └─ warehouse:raw.orders  filtered, transformed by production/orders (sql/dbo_orders.sql:5,8)
               │     └─ backup:orders  loaded by stage/orders
               └─ warehouse:dbo.customers  transformed by production/order_facts (sql/order_facts.sql:3)
                  └─ warehouse:raw.customers  filtered, transformed by production/customers (sql/dbo_customers.sql:3,6)
                     └─ backup:customers  loaded by stage/customers
            goes to nothing that is known

            """);
        (await house.RunAsync("lineage raw.orders --column total --upstream")).ShouldContain("perhaps copied by stage/orders");
        Directory.Exists(Path.Combine(Path.GetDirectoryName(house.Dump)!, ".millrace")).ShouldBeFalse();

        await house.RunAsync($"sample shop --out {house.Dump} --orders 200");
        await house.RunAsync("run stage");

        (await house.RunAsync("lineage conformed.daily_revenue")).ShouldBe(before);
        string total = await house.RunAsync("lineage raw.orders --column total");
        total.ShouldContain("backup:orders.total  copied by stage/orders");
        total.ShouldContain("warehouse:conformed.daily_revenue.revenue  derived by production/daily_revenue (sql/daily_revenue.sql:7)");
        (await house.RunAsync("lineage raw.orders --column _id --downstream --format mermaid")).ShouldContain("""
            -->|"production/orders: renamed"|
            """);
    }

    [Fact]
    public async Task A_runs_lineage_is_what_it_did_and_stays_when_the_script_changes()
    {
        using var house = new ExampleHouse("duckdb");
        await house.RunAsync($"sample shop --out {house.Dump} --orders 50");
        await house.RunAsync("run stage");
        JsonElement then = await house.JsonAsync("lineage conformed.daily_revenue --upstream --run 2");
        string script = Path.Combine(Path.GetDirectoryName(house.Dump)!, "sql", "daily_revenue.sql");
        File.WriteAllText(script, File.ReadAllText(script).Replace("transform.order_facts", "transform.other", StringComparison.Ordinal));

        JsonElement still = await house.JsonAsync("lineage conformed.daily_revenue --upstream --run 2");
        JsonElement now = await house.JsonAsync("lineage conformed.daily_revenue --upstream");

        still.ToString().ShouldBe(then.ToString());
        JsonElement step = then.GetProperty("upstream")[0];
        step.GetProperty("script_sha256").GetString()!.Length.ShouldBe(64);
        step.GetProperty("from").GetProperty("table").GetString().ShouldBe("transform.order_facts");
        now.GetProperty("upstream")[0].GetProperty("from").GetProperty("table").GetString().ShouldBe("transform.other");
        now.GetProperty("upstream")[0].GetProperty("script_sha256").GetString().ShouldNotBe(step.GetProperty("script_sha256").GetString());

        // Run 1 loaded, run 2 ran the SQL: what the one did is none of the other's.
        (await house.TryAsync("lineage conformed.daily_revenue --run 1")).ShouldExitWith(2).Errors.ShouldContain("MR1501");
        (await house.RunAsync("lineage orders --run 1 --downstream")).ShouldContain("warehouse:raw.orders  loaded by stage/orders");
        (await house.TryAsync("lineage orders --run 9")).ExitCode.ShouldBe(2);
    }

    [Fact]
    public async Task Names_that_are_none_get_a_suggestion()
    {
        using var house = new ExampleHouse("duckdb");
        ProcessOutcome unknown = (await house.TryAsync("lineage conformed.daily_revenu")).ShouldExitWith(2);
        unknown.Errors.ShouldContain("MR1501");
        unknown.Errors.ShouldContain("conformed.daily_revenue");
        (await house.TryAsync("lineage conformed.daily_revenue --format dot")).ExitCode.ShouldBe(2);
    }
}
