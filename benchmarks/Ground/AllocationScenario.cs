using Millrace.Connectors.MongoDb;
using Millrace.Connectors.PostgreSql;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;

namespace Millrace.Ground;

/// <summary>Bytes of garbage a row on the whole path, .bson file to PostgreSQL: the slope between a half and a whole load, in process.</summary>
internal sealed class AllocationScenario(Bench bench)
{
    public async Task RunAsync()
    {
        string database = await bench.Server.CreateDatabaseAsync().ConfigureAwait(false);
        int documents = bench.Options.Documents;
        await LoadAsync(database, documents, "warm").ConfigureAwait(false);
        long half = await LoadAsync(database, documents / 2, "half").ConfigureAwait(false);
        long whole = await LoadAsync(database, documents, "whole").ConfigureAwait(false);
        bench.Report.Section("Garbage");
        bench.Report.Line($"Allocated in a load of {documents / 2:N0} rows: {half / 1e6:F1} MB; of {documents:N0} rows: {whole / 1e6:F1} MB.");
        bench.Report.Line($"Slope: {(whole - half) / (double)(documents - (documents / 2)):F2} bytes a row.");
    }

    private async Task<long> LoadAsync(string database, int documents, string table)
    {
        (string dump, _) = bench.Dump(documents);
        var task = new TaskDefinition(
            "ground/" + table,
            "ground",
            table,
            new("backup", new(["docs"], []), ReplicationMethod.FullRefresh),
            new("target", table, WriteDisposition.Append));
        var source = new ConnectionSettings("backup", new MongoDbOptions { Dump = dump, Database = "ground" }, dump);
        var target = new ConnectionSettings("target", new PostgreSqlOptions { ConnectionString = database }, dump);
        var engine = new TaskEngine(task, new MongoDbConnector(), new PostgreSqlConnector(), new(1, source, target, Path.Combine(dump, "state-" + table)));
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await engine.RunAsync(CancellationToken.None).ConfigureAwait(false);
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }
}
