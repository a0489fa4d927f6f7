using System.Globalization;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;
using Shouldly;
using Xunit;

namespace Millrace.Testing.Conformance;

/// <summary>The times from which and until which the versions of scd2 hold.</summary>
public abstract partial class DestinationConformance
{
    /// <summary>
    /// Source times may repeat and go back (an oplog counts seconds, clocks are set, rows without a time take the load's): the versions of a key
    /// follow each other all the same, in the order of their positions, and none ends before it begins.
    /// </summary>
    [Theory]
    [InlineData(DeleteMode.Soft, true)]
    [InlineData(DeleteMode.Hard, true)]
    [InlineData(DeleteMode.Hard, false)]
    [InlineData(DeleteMode.Ignore, false)]
    public async Task Versions_of_a_key_never_overlap_whatever_their_source_times(DeleteMode mode, bool isChangeCapture)
    {
        int repeats = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            TableWrite write = Write(Schema with { Table = new("Sh.op", $"v{seed}") }, MergeStrategy.Scd2, mode, isChangeCapture);
            IDestination destination = Open();
            await using (destination.ConfigureAwait(false))
            {
                await LoadVersionsAsync(destination, write, random, seed);
            }

            repeats += await AssertVersionsAsync(write, seed);
        }

        repeats.ShouldBeGreaterThan(0, "no two versions of a key had one time: the test tries too little");
    }

    private static async Task LoadVersionsAsync(IDestination destination, TableWrite write, Random random, int seed)
    {
        List<ModelEvent> events = ModelEvent.Generate(random, 60, withPartials: false);
        var runner = new LoadRunner(destination, $"job/{seed}");
        for (int at = 0; at < events.Count;)
        {
            List<RecordBatch> batches = [];
            for (int batch = random.Next(1, 4); batch > 0 && at < events.Count; batch--)
            {
                List<ModelEvent> rows = events.GetRange(at, Math.Min(random.Next(1, 12), events.Count - at));
                batches.Add(LoadRunner.Batch(write.Schema, rows, write.IsChangeCapture, [.. rows.Select(_ => random.Next(8) == 0 ? null : (int?)(100 + random.Next(4)))]));
                if (write.IsChangeCapture && random.Next(8) == 0)
                {
                    batches.Add(new(write.Schema with { Columns = [], Key = [] }, [], 0) { Control = TableControl.DeleteAll });
                }

                at += rows.Count;
            }

            // The clock of the loads goes back, too.
            runner.LoadedAt = DateTimeOffset.UnixEpoch.AddSeconds(99 + random.Next(5));
            bool isSnapshot = write.IsChangeCapture && random.Next(6) == 0;
            runner.Generation += isSnapshot ? 1 : 0;
            await runner.RunAsync(write, $"log/{at:D6}", batches, isSnapshot, Token).ConfigureAwait(false);
        }
    }

    private async Task<int> AssertVersionsAsync(TableWrite write, int seed)
    {
        string order = write.IsChangeCapture ? "\"_millrace_generation\", \"_millrace_position\"" : "\"_millrace_valid_from\", CASE WHEN \"_millrace_valid_to\" IS NULL THEN 1 ELSE 0 END, \"_millrace_valid_to\"";
        IReadOnlyList<string?[]> rows = await QueryAsync(
            $"""
            SELECT "_id", {EpochMicroseconds("\"_millrace_valid_from\"")}, {EpochMicroseconds("\"_millrace_valid_to\"")},
              CASE WHEN {IsTrue("\"_millrace_is_current\"")} THEN 'current' ELSE '' END
            FROM {Quote(write.Schema.Table)}
            ORDER BY "_id", {order}
            """).ConfigureAwait(false);
        int repeats = 0;
        foreach (IGrouping<string, string?[]> key in rows.GroupBy(r => r[0]!))
        {
            string shown = $"seed {seed}, key {key.Key}: {string.Join("; ", key.Select(v => $"{v[1]}..{v[2]} {v[3]}"))}";
            long last = long.MinValue;
            foreach (string?[] version in key)
            {
                long from = long.Parse(version[1]!, CultureInfo.InvariantCulture);
                from.ShouldBeGreaterThanOrEqualTo(last, shown);
                repeats += from == last ? 1 : 0;
                last = version[2] is { } to ? long.Parse(to, CultureInfo.InvariantCulture) : long.MaxValue;
                last.ShouldBeGreaterThanOrEqualTo(from, shown);
                (version[3] == "current").ShouldBe(version[2] is null, shown);
            }
        }

        return repeats;
    }
}
