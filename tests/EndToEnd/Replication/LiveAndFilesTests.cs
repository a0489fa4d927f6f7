using Millrace.EndToEndTests.Support;
using Millrace.Testing.MongoDb;

namespace Millrace.EndToEndTests.Replication;

/// <summary>
/// One project file against a dump with its oplog files and against a live server that holds the same: only the connection differs, and the tables
/// are equal, row by row and value by value.
/// </summary>
public sealed class LiveAndFilesTests : IDisposable
{
    private readonly TemporaryFolder _files = new();
    private readonly TemporaryFolder _live = new();

    public void Dispose()
    {
        _files.Dispose();
        _live.Dispose();
    }

    [Theory]
    [InlineData("change_streams", "soft")]
    [InlineData("oplog", "hard")]
    public async Task The_tables_are_equal(string capture, string deleteMode)
    {
        await using MongoSimulator server = await MongoSimulator.StartAsync();
        var files = new CommandLineShell(_files);
        var live = new CommandLineShell(_live);
        Write(_files, "dump: dump\n    oplog: [\"dump/changes/oplog/*.bson\"]", deleteMode);

        // Replayed entries keep the identity that their collections had, by which a server looks documents up; a look-up of our own goes by name.
        string images = capture == "oplog" ? "lookup" : "post_image_or_lookup";
        Write(_live, $"uri: \"{server.Uri}\"\n    capture: {capture}\n    update_images: {images}", deleteMode);
        await SampleAsync(files, "");
        Restore(server);
        await RunAsync(files, live);
        Compare();

        await SampleAsync(files, " --changes 120");
        foreach (string oplog in Directory.GetFiles(_files["dump/changes/oplog"]).Order(StringComparer.Ordinal))
        {
            server.ReplayOplog(oplog);
        }

        await RunAsync(files, live);
        Compare();
    }

    private static void Write(TemporaryFolder folder, string connection, string deleteMode) => File.WriteAllText(folder["millrace.yaml"], $$"""
        connections:
          shop:
            type: mongodb
            {{connection}}
            database: shop
          warehouse:
            type: duckdb
            path: warehouse.duckdb
        jobs:
          load:
            tasks:
              - name: everything
                source: { connection: shop, dataset: "*" }
                target: { connection: warehouse, table: "raw.{dataset}", delete_mode: {{deleteMode}} }
              - name: prices
                source: { connection: shop, dataset: products, replication_method: full_refresh, fields: [price], filter: '{ "price": { "$exists": true } }' }
                target: { connection: warehouse, table: raw.prices }

        """);

    private async Task SampleAsync(CommandLineShell shell, string more) =>
        (await shell.RunAsync($"sample shop --out {_files["dump"]} --orders 400{more}")).ShouldExitWith(0);

    /// <summary>What mongorestore --oplogReplay does.</summary>
    private void Restore(MongoSimulator server)
    {
        foreach (string file in Directory.GetFiles(_files["dump/shop"], "*.bson"))
        {
            server.Load("shop." + Path.GetFileNameWithoutExtension(file), file);
        }

        server.ReplayOplog(_files["dump/oplog.bson"]);
    }

    private static async Task RunAsync(params CommandLineShell[] shells)
    {
        foreach (CommandLineShell shell in shells)
        {
            (await shell.RunAsync("run load")).ShouldExitWith(0);
        }
    }

    private void Compare()
    {
        using var one = new DuckDbWarehouse(_files["warehouse.duckdb"]);
        using var other = new DuckDbWarehouse(_live["warehouse.duckdb"]);
        IReadOnlyList<string> tables = one.Tables("raw");
        other.Tables("raw").ShouldBe(tables);
        tables.Count.ShouldBe(4);
        foreach (string table in tables)
        {
            List<string> rows = Rows(one, table);
            rows.Count.ShouldBeGreaterThan(5);
            Rows(other, table).ShouldBe(rows, table);
        }
    }

    private static List<string> Rows(Warehouse warehouse, string table) =>
        [.. warehouse.Read("raw", table).Select(row =>
        {
            // Of a document that was updated and then deleted, a look-up finds no last version; files have it.
            return row.ContainsKey("_millrace_deleted_at") ? $"deleted {row["_id"].Text}" : string.Join(", ", row.Where(c => !c.Key.StartsWith("_millrace_", StringComparison.Ordinal))
                .OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key}={c.Value.Kind} {c.Value.Text}"));
        }).Order(StringComparer.Ordinal)];
}
