using Millrace.Connectors.MongoDb.Bson;
using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Verbs;

/// <summary><c>quarantine retry</c> where columns are renamed: a row is kept under the names that it was to land under.</summary>
public sealed class QuarantineRetryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => Warehouses.Names;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_row_of_renamed_columns_lands_in_them_once_the_contract_takes_it(string name)
    {
        using Warehouse warehouse = Warehouses.Create(name, _folder);
        var shell = new CommandLineShell(_folder);
        await File.WriteAllLinesAsync(_folder[".env"], warehouse.Environment.Select(e => $"{e.Key}='{e.Value}'"), TestContext.Current.CancellationToken);
        DumpWriter.WriteCollection(_folder["dump"], "shop.orders", Guid.NewGuid(), new[]
        {
            """{"_id":1,"n":5,"o":"x"}""", """{"_id":2,"n":"abc","o":"y"}""", """{"_id":3,"n":7,"o":"z"}""",
        }.Select(json => ExtendedJsonReader.ReadDocument(json)));
        await WriteProjectAsync(warehouse, cast: "int64", contract: "quarantine");

        (await shell.RunAsync("run load")).ShouldExitWith(0);
        (await shell.RunAsync("quarantine show load 1")).ShouldExitWith(0).Output.ShouldContain("""{"_id":2,"amount":"abc","other":"y"}""");
        (await shell.RunAsync("quarantine retry load --id 999")).ShouldExitWith(2).Errors.ShouldContain("no such row is in quarantine");
        (await shell.RunAsync("quarantine show load 999")).ShouldExitWith(2).Errors.ShouldContain("There is no quarantined row 999");
        (await shell.RunAsync("quarantine retry load --id 1 --id 999")).ShouldExitWith(2).Output.ShouldContain("1 left in quarantine");
        (await shell.RunAsync("quarantine retry load")).ShouldExitWith(1).Output.ShouldContain("1 left in quarantine");
        Rows(warehouse).ShouldBe(["1 5 x", "3 7 z"]);

        await WriteProjectAsync(warehouse, cast: "text", contract: "evolve");
        (await shell.RunAsync("quarantine retry load")).ShouldExitWith(0).Output.ShouldContain("1 loaded, 0 superseded, 0 left");
        (await shell.RunAsync("quarantine list load --json")).ShouldExitWith(0).Output.Trim().ShouldBe("[]");
        Rows(warehouse).ShouldBe(["1 5 x", "2 abc y", "3 7 z"]);
        warehouse.Read("raw", "orders").ShouldAllBe(r => !r.ContainsKey("n") && !r.ContainsKey("o"));
    }

    private Task WriteProjectAsync(Warehouse warehouse, string cast, string contract) => File.WriteAllTextAsync(_folder["millrace.yaml"], $$"""
        connections:
          backup: { type: mongodb, dump: dump, database: shop }
          warehouse:
            {{warehouse.ConnectionYaml}}
        jobs:
          load:
            tasks:
              - name: orders
                source: { connection: backup, dataset: orders }
                target: { connection: warehouse, table: raw.orders }
                columns: [ { from: n, to: amount, cast: {{cast}} }, { from: o, to: other } ]
                schema_contract: { types: {{contract}} }
        """, TestContext.Current.CancellationToken);

    // A value of another type stands in a column beside: amount__v_text.
    private static string[] Rows(Warehouse warehouse) =>
    [
        .. warehouse.Read("raw", "orders")
            .Select(r => $"{r["_id"].Text} {r.First(c => c.Key.StartsWith("amount", StringComparison.Ordinal)).Value.Text} {r["other"].Text}")
            .Order(StringComparer.Ordinal),
    ];
}
