using System.Globalization;
using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Replication;

/// <summary>A replace that takes more than one run, because its budget is small, gives the table that one run gives.</summary>
public sealed class ReplacedOverRunsTests
{
    // More than a sample of the collection holds, so that what comes late is a surprise.
    private const int Documents = 24_000;
    private const int Surprise = 15_000;
    private const int RunMaxRows = 18_000;

    public static TheoryData<string> Names => Warehouses.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void What_an_earlier_run_of_the_generation_widened_stays_wide(string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        WriteProject(folder, warehouse);
        Write(folder, _ => BsonLeaf.Int32(7));
        RunToTheEnd(folder, warehouse).ShouldBe(2);

        Write(folder, i => i == Surprise ? BsonLeaf.Double(1.5) : BsonLeaf.Int32(7));
        RunToTheEnd(folder, warehouse).ShouldBe(2);
        Dictionary<string, Cell> row = warehouse.Query(string.Create(CultureInfo.InvariantCulture, $"SELECT CAST(v AS varchar(20)) AS v FROM raw.orders WHERE _id = {Surprise}")).ShouldHaveSingleItem();
        double.Parse(row["v"].Text, CultureInfo.InvariantCulture).ShouldBe(1.5);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_field_that_only_an_earlier_run_of_the_generation_knows_keeps_its_type(string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        WriteProject(folder, warehouse);
        Write(folder, i => i < Surprise ? null : i < RunMaxRows ? BsonLeaf.String("some text") : BsonLeaf.Int32(i));
        RunToTheEnd(folder, warehouse).ShouldBe(2);
        warehouse.Count("SELECT count(*) FROM raw.orders").ShouldBe(Documents);
        warehouse.Count("SELECT count(*) FROM raw.orders WHERE v = 'some text'").ShouldBe(RunMaxRows - Surprise);
        string variant = warehouse.ColumnMap("raw", "orders").Single(c => c.Value == "v" && c.Key != "v").Key;
        warehouse.Count($"SELECT count(*) FROM raw.orders WHERE {variant} = _id").ShouldBe(Documents - RunMaxRows);
    }

    private static void WriteProject(TemporaryFolder folder, Warehouse warehouse) => File.WriteAllText(
        folder["millrace.yaml"],
        $$"""
        connections:
          backup: { type: mongodb, dump: dump, database: shop }
          warehouse:
            {{warehouse.ConnectionYaml}}
        jobs:
          load:
            tasks:
              - name: all
                source: { connection: backup, dataset: orders, replication_method: full_refresh }
                target: { connection: warehouse, table: raw.orders }
                limits: { run_max_rows: {{RunMaxRows}} }
        """);

    private static void Write(TemporaryFolder folder, Func<int, BsonLeaf?> valueOf) => DumpWriter.WriteCollection(
        folder["dump"],
        "shop.orders",
        Guid.NewGuid(),
        Enumerable.Range(0, Documents).Select(i =>
        {
            BsonDoc document = new BsonDoc().Add("_id", BsonLeaf.Int32(i)).Add("filling", BsonLeaf.String(new string('x', 100)));
            return (valueOf(i) is { } value ? document.Add("v", value) : document).ToBytes();
        }));

    // How many runs it took until the budget ended none.
    private static int RunToTheEnd(TemporaryFolder folder, Warehouse warehouse)
    {
        for (int run = 1; ; run++)
        {
            ProcessOutcome outcome = MillraceProcess.Run(folder.Path, warehouse.Environment, "run", "load").ShouldExitWith(0);
            if (!outcome.Output.Contains("limit reached", StringComparison.OrdinalIgnoreCase) && !outcome.Output.Contains("run_max_rows", StringComparison.Ordinal))
            {
                return run;
            }
        }
    }
}
