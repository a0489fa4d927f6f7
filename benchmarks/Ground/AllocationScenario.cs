using Millrace.Connectors.MongoDb;
using Millrace.Connectors.PostgreSql;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;

namespace Millrace.Ground;

/// <summary>Bytes of garbage a row on the whole path, .bson file to PostgreSQL: the slope between a half and a whole load, in process.</summary>
internal sealed class AllocationScenario(Bench bench)
{
    private const int Rounds = 12;

    public async Task RunAsync()
    {
        string database = await bench.Server.CreateDatabaseAsync().ConfigureAwait(false);
        int documents = bench.Options.Documents;

        // The pools grow with the most that was ever in flight at once, which a run or two do not reach; the least of several is the rest.
        long half = long.MaxValue;
        long whole = long.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            whole = Math.Min(whole, await LoadAsync(database, documents, $"whole{i}").ConfigureAwait(false));
            half = Math.Min(half, await LoadAsync(database, documents / 2, $"half{i}").ConfigureAwait(false));
        }

        using var sampler = new AllocationSampler();
        await LoadAsync(database, documents, "sampled").ConfigureAwait(false);
        bench.Report.Section("Garbage");
        bench.Report.Line($"Allocated, the least of {Rounds} loads each: of {documents / 2:N0} rows: {half / 1e6:F1} MB; of {documents:N0} rows: {whole / 1e6:F1} MB.");
        bench.Report.Line($"Slope: {(whole - half) / (double)(documents - (documents / 2)):F2} bytes a row.");
        bench.Report.Line("What a load allocates, sampled: "
            + string.Join(", ", sampler.Top(12).Select(t => $"{t.Type} {t.Bytes / 1e6:F1} MB")) + ".");
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
