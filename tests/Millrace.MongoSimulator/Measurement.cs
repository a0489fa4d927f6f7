using System.Diagnostics;
using System.Globalization;
using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Values;
using Millrace.Testing.MongoDb.Wire;

namespace Millrace.MongoSimulator;

/// <summary>How fast a simulator serves a client that throws everything away: the bound of what any reader can be measured at.</summary>
internal static class Measurement
{
    private const int DocumentBytes = 340;

    public static async Task RunAsync(int documents, int batchSize, TextWriter output)
    {
        await using Testing.MongoDb.MongoSimulator simulator = await Testing.MongoDb.MongoSimulator.StartAsync().ConfigureAwait(false);
        ulong start = simulator.LastTimestamp;
        var watch = Stopwatch.StartNew();
        TimeSpan used = Process.GetCurrentProcess().TotalProcessorTime;
        byte[][] made = [.. SampleDocuments.Make(documents, DocumentBytes)];
        await Tell("make", documents, made.Sum(d => (long)d.Length), watch).ConfigureAwait(false);
        watch.Restart();
        simulator.Insert("shop.orders", made);
        await Tell("insert (in process, logged)", documents, 0, watch).ConfigureAwait(false);
        await using MongoWireClient client = await MongoWireClient.ConnectAsync(simulator.Port).ConfigureAwait(false);
        var tail = new Doc { { "ts", new Doc { { "$gt", Leaf.Timestamp(start) } } } };
        var stream = new Doc { { "$changeStream", new Doc { { "startAtOperationTime", Leaf.Timestamp(start) } } } };
        for (int round = 0; round < 3; round++)
        {
            watch.Restart();
            (long count, long bytes) = await client.DrainAsync("shop", new Doc { { "find", "orders" }, { "batchSize", batchSize } }, batchSize).ConfigureAwait(false);
            await Tell("find", count, bytes, watch).ConfigureAwait(false);

            watch.Restart();
            var byId = new Doc { { "find", "orders" }, { "filter", new Doc { { "_id", new Doc { { "$gte", Leaf.MinKey } } } } }, { "sort", new Doc { { "_id", 1 } } }, { "batchSize", batchSize } };
            (count, bytes) = await client.DrainAsync("shop", byId, batchSize).ConfigureAwait(false);
            await Tell("find by _id", count, bytes, watch).ConfigureAwait(false);

            watch.Restart();
            var log = new Doc { { "find", "oplog.rs" }, { "filter", tail }, { "tailable", true }, { "awaitData", true }, { "batchSize", batchSize } };
            (count, bytes) = await client.DrainAsync("local", log, batchSize, documents).ConfigureAwait(false);
            await Tell("tail", count, bytes, watch).ConfigureAwait(false);

            watch.Restart();
            var watchAll = new Doc { { "aggregate", "orders" }, { "pipeline", Arr.Of([stream]) }, { "cursor", new Doc { { "batchSize", batchSize } } } };
            (count, bytes) = await client.DrainAsync("shop", watchAll, batchSize, documents).ConfigureAwait(false);
            await Tell("change stream", count, bytes, watch).ConfigureAwait(false);
        }

        // Both ends run in this process: the CPU time says what a machine that is busy with other things hides.
        async Task Tell(string what, long count, long bytes, Stopwatch time)
        {
            double seconds = time.Elapsed.TotalSeconds;
            TimeSpan now = Process.GetCurrentProcess().TotalProcessorTime;
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{what,-28} {count,10:N0} in {seconds,6:F2} s  {count / seconds,12:N0}/s  {bytes / seconds / 1e6,8:N0} MB/s  {(now - used).TotalMicroseconds / count,6:F2} us CPU each")).ConfigureAwait(false);
            used = Process.GetCurrentProcess().TotalProcessorTime;
        }
    }
}
