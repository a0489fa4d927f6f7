using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Replication;

/// <summary>Databases as sources: what is in the target's tables is what is in the source's.</summary>
public sealed partial class RelationalTests
{
    private const string Columns = "id, region, CAST(total AS VARCHAR) AS total, CAST(ok AS VARCHAR) AS ok, note, CAST(day AS VARCHAR) AS day, CAST(seen AS VARCHAR) AS seen, empty";

    /// <summary>Source and target; "same" is one DuckDB file for both.</summary>
    public static TheoryData<string, string> Pairs => new()
    {
        { "postgresql", "duckdb" },
        { "duckdb", "postgresql" },
        { "duckdb", "same" },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Tables_and_what_is_new_of_them_arrive(string from, string to)
    {
        using var folder = new TemporaryFolder();
        using Warehouse source = Source(from, folder);
        using Warehouse target = to == "same" ? new DuckDbWarehouse(folder["source.duckdb"]) : Warehouses.Create(to, folder);
        source.Execute(
            """
            CREATE SCHEMA sales;
            CREATE TABLE sales.orders (
              id integer PRIMARY KEY, region varchar, total decimal(12,2), ok boolean, note varchar, day date, seen timestamp, empty integer);
            CREATE TABLE sales.nothing (id integer PRIMARY KEY, at_all varchar);
            CREATE TABLE sales.bag (n integer)
            """);
        Fill(source, 1, 3000);
        source.Execute("INSERT INTO sales.bag SELECT id % 7 FROM sales.orders");
        WriteProject(folder, source, target, to == "same", "{ run_max_rows: 700 }");

        Dictionary<string, string> environment = Environment(source, target);
        for (int runs = 0; target.Tables("raw").Count < 4 || target.Count("SELECT count(*) FROM raw.sales_orders") < 3000 || Copied(target) < 3000; runs++)
        {
            runs.ShouldBeLessThan(10);
            MillraceProcess.Run(folder.Path, environment, "run", "load").ShouldExitWith(0);
        }

        Same(source, target);
        target.Count("SELECT count(*) FROM raw.sales_bag").ShouldBe(3000);
        target.Count("SELECT count(*) FROM raw.sales_nothing WHERE at_all IS NULL").ShouldBe(0);

        // Changed, new, and at the watermark itself.
        source.Execute("UPDATE sales.orders SET total = total + 0.01, seen = seen + INTERVAL '1 day' WHERE id % 100 = 0");
        Fill(source, 3001, 3050);
        ProcessOutcome second = MillraceProcess.Run(folder.Path, environment, "run", "load", "--task", "orders", "--json");
        second.ShouldExitWith(0);
        Same(source, target);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void No_row_is_lost_or_doubled_when_a_copy_is_killed(string from, string to)
    {
        using var folder = new TemporaryFolder();
        using Warehouse source = Source(from, folder);
        using Warehouse target = to == "same" ? new DuckDbWarehouse(folder["source.duckdb"]) : Warehouses.Create(to, folder);
        source.Execute(
            "CREATE SCHEMA sales; CREATE TABLE sales.orders (id integer PRIMARY KEY, region varchar, total decimal(12,2), ok boolean, note varchar, day date, seen timestamp, empty integer); "
            + "CREATE TABLE sales.nothing (id integer); CREATE TABLE sales.bag (n integer)");
        Fill(source, 1, 20_000);
        WriteProject(folder, source, target, to == "same", null);
        Dictionary<string, string> environment = Environment(source, target);
        var random = new Random(22);
        int kills = 0;
        for (int i = 0; i < 8; i++)
        {
            using MillraceProcess run = MillraceProcess.Start(folder.Path, environment, "run", "load");
            if (!run.WaitForExit(TimeSpan.FromMilliseconds(random.Next(200, 1800))))
            {
                run.Kill();
                run.WaitForExit(TimeSpan.FromSeconds(10));
                kills++;
            }
        }

        MillraceProcess.Run(folder.Path, environment, "run", "load").ShouldExitWith(0);
        kills.ShouldBeGreaterThan(0);
        Same(source, target);
        Copied(target).ShouldBe(20_000);
    }

    [Theory]
    [InlineData("duckdb")]
    [InlineData("postgresql")]
    public void Chinook_arrives(string to)
    {
        using var folder = new TemporaryFolder();
        using var source = (PostgreSqlWarehouse)Warehouses.Create("postgresql", folder);
        using Warehouse target = Warehouses.Create(to, folder);
        string script = File.ReadAllText(Path.Combine(SharedData("chinook"), "Chinook_PostgreSql.sql"));
        source.Execute(DatabaseLines().Replace(script, ""));
        File.WriteAllText(
            folder["millrace.yaml"],
            $$"""
            connections:
              shop:
                type: postgresql
                connection_string: "${SHOP_DB}"
              warehouse:
                {{target.ConnectionYaml}}
            jobs:
              load:
                tasks:
                  - name: all
                    source: { connection: shop, dataset: "*" }
                    target: { connection: warehouse, table: "raw.{dataset}" }
            """);

        MillraceProcess.Run(folder.Path, Environment(source, target), "run", "load").ShouldExitWith(0);

        IReadOnlyList<string> tables = source.Tables("public");
        tables.Count.ShouldBe(11);
        long rows = 0;
        foreach (string table in tables)
        {
            string columns = string.Join(", ", source.Query($"SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position")
                .Select(r => $"CAST({r["column_name"].Text} AS VARCHAR) AS {r["column_name"].Text}"));
            string[] expected = Texts(source.Query($"SELECT {columns} FROM public.{table}"));
            Texts(target.Query($"SELECT {columns} FROM raw.{table}")).ShouldBe(expected, table);
            rows += expected.Length;
        }

        rows.ShouldBe(15_607);
    }

    private static Warehouse Source(string name, TemporaryFolder folder) =>
        name == "duckdb" ? new DuckDbWarehouse(folder["source.duckdb"]) : Warehouses.Create(name, folder);

    private static Dictionary<string, string> Environment(Warehouse source, Warehouse target)
    {
        var environment = new Dictionary<string, string>(target.Environment);
        if (source is PostgreSqlWarehouse server)
        {
            environment["SHOP_DB"] = server.ConnectionString;
        }

        return environment;
    }

    private static void Fill(Warehouse source, int first, int last) => source.Execute(string.Create(
        CultureInfo.InvariantCulture,
        $"""
        INSERT INTO sales.orders
        SELECT
          i, 'r' || (i % 5), CAST(i * 1.25 AS decimal(12,2)), i % 2 = 0, CASE WHEN i % 3 = 0 THEN NULL ELSE 'ü ''' || i END,
          CAST('2026-01-01' AS date) + CAST(i % 300 AS integer), CAST('2026-01-01 00:00:00.000001' AS timestamp) + (i / 10) * INTERVAL '1 minute', NULL
        FROM generate_series({first}, {last}) AS s(i)
        """));

    private static void WriteProject(TemporaryFolder folder, Warehouse source, Warehouse target, bool isSame, string? limits)
    {
        string shop = source is PostgreSqlWarehouse ? "type: postgresql\n    connection_string: \"${SHOP_DB}\"" : source.ConnectionYaml;
        string warehouse = isSame ? "" : $"  warehouse:\n    {target.ConnectionYaml}\n";
        string to = isSame ? "shop" : "warehouse";
        File.WriteAllText(
            folder["millrace.yaml"],
            $$"""
            connections:
              shop:
                {{shop}}
            {{warehouse}}
            defaults:
              commit_every: { rows: 250 }
            {{(limits is null ? "" : $"  limits: {limits}")}}
            jobs:
              load:
                tasks:
                  - name: orders
                    source: { connection: shop, dataset: sales.orders, cursor_field: seen }
                    target: { connection: {{to}}, table: "raw.sales_orders" }
                  - name: copy
                    source: { connection: shop, dataset: copied, query: "SELECT * FROM sales.orders WHERE id > :least", parameters: { least: 0 }, cursor_field: id }
                    target: { connection: {{to}}, table: "raw.copied" }
                  - name: bag
                    source: { connection: shop, dataset: [sales.bag] }
                    target: { connection: {{to}}, table: "raw.{dataset}" }
                  - name: nothing
                    source: { connection: shop, dataset: [sales.nothing] }
                    target: { connection: {{to}}, table: "raw.{dataset}" }
            """);
    }

    private static long Copied(Warehouse target) =>
        target.Tables("raw").Contains("copied") ? target.Count("SELECT count(*) FROM raw.copied") : 0;

    private static void Same(Warehouse source, Warehouse target) => Texts(target.Query($"SELECT {Columns} FROM raw.sales_orders"))
        .ShouldBe(Texts(source.Query($"SELECT {Columns} FROM sales.orders")));

    // A cell of NULL has no entry.
    private static string[] Texts(IReadOnlyList<Dictionary<string, Cell>> rows) =>
    [
        .. rows.Select(r => string.Join(" | ", r.OrderBy(c => c.Key, StringComparer.Ordinal)
            .Select(c => $"{c.Key}={c.Value.Text}")))
            .Order(StringComparer.Ordinal),
    ];

    private static string SharedData(string name)
    {
        for (DirectoryInfo? at = new(Repository.Root); at is not null; at = at.Parent)
        {
            string path = Path.Combine(at.FullName, "shared", "data", name);
            if (Directory.Exists(path))
            {
                return path;
            }
        }

        Assert.Skip($"../shared/data/{name} is not here.");
        return "";
    }

    [GeneratedRegex(@"^(DROP DATABASE|CREATE DATABASE|\\c ).*$", RegexOptions.Multiline)]
    private static partial Regex DatabaseLines();
}
