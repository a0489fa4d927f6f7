using System.Text.Json.Nodes;
using Millrace.Connectors.MongoDb;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>
/// Random histories of several collections: a dump taken while the log ran, log files that overlap and appear over time, runs that stop
/// anywhere and lose their acknowledgements. What the rows add up to must be what an independent replay says.
/// </summary>
public sealed class ReplayPropertyTests : IDisposable
{
    private static readonly string[] Collections = ["shop.a", "shop.b", "shop.c"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-replay-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public Task Rows_add_up_to_the_state_of_an_independent_replay(int seed) => Replay(seed, () => Collections);

    /// <summary>
    /// Datasets come and go between runs, by names and by patterns. What was left out for a while is caught up with, and no change is given twice.
    /// </summary>
    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    public async Task Rows_add_up_whatever_datasets_were_included_when(int seed)
    {
        string[][] selections = [["shop.a"], ["shop.*"], ["shop.a", "shop.b"], ["shop.c"], ["shop.b", "shop.c"], ["*"]];
        var random = new Random(seed);
        string[] selection = selections[0];
        await Replay(seed, () => random.Next(4) > 0 ? selection : selection = selections[random.Next(selections.Length)], leastRuns: 150);
    }

    private async Task Replay(int seed, Func<string[]> datasets, int leastRuns = 0)
    {
        var random = new Random(seed);
        var history = new OplogHistory(random, Collections);
        history.Run(200);
        var snapshot = history.Snapshot();
        int start = history.Entries.Count;
        history.Run(300);

        // Collections are dumped at different times after the log's first entry.
        string dump = Path.Combine(_folder.FullName, "dump");
        foreach (string collection in Collections)
        {
            IReadOnlyDictionary<int, JsonObject> documents = random.Next(2) == 0 ? snapshot[collection] : history.Snapshot()[collection];
            DumpWriter.Collection(dump, "shop", collection[5..], documents.Values.Select(d => d.ToJsonString()));
        }

        DumpWriter.Oplog(Path.Combine(dump, "oplog.bson"), history.Entries.Skip(start));
        int written = history.Entries.Count;
        history.Run(1500);

        var table = new Dictionary<(string, string), SeenRow>();
        var given = new HashSet<(string, string, string)>();
        var committed = new Dictionary<string, Position>(StringComparer.Ordinal);
        int files = 0;
        int idle = 0;
        for (int run = 0; run < 600 && idle < 2; run++)
        {
            if (written < history.Entries.Count && random.Next(2) == 0)
            {
                int count = random.Next(1, 300);
                DumpWriter.Oplog(Path.Combine(_folder.FullName, "log", $"{files++}.bson"), history.Entries.Skip(written - 1).Take(count + 1));
                written = Math.Min(history.Entries.Count, written + count);
            }

            bool isLast = written == history.Entries.Count && run >= leastRuns;
            SourceRunner runner = await RunOnce(dump, committed, random, isLast ? Collections : datasets());
            runner.Error.ShouldBeNull();
            runner.Rejected.ShouldBeEmpty();
            Apply(runner, table, given);
            idle = runner.Batches.Count == 0 && isLast ? idle + 1 : 0;
        }

        idle.ShouldBe(2, "the log was not read to its end");
        Dictionary<(string, string), string> expected = history.Snapshot()
            .SelectMany(c => c.Value.Select(d => (c.Key, d)))
            .ToDictionary(d => (d.Key, d.d.Key.ToString()), d => Normal(d.d.Value));
        Dictionary<(string, string), string> actual = table
            .Where(r => r.Value.Kind != ChangeKind.Delete)
            .ToDictionary(r => r.Key, r => string.Join(";", r.Value.Values.Select(v => $"{v.Key}={NormalText(v.Value)}")));
        actual.OrderBy(a => a.Key).ShouldBe(expected.OrderBy(e => e.Key));
    }

    private async Task<SourceRunner> RunOnce(string dump, Dictionary<string, Position> committed, Random random, string[] datasets)
    {
        var options = new MongoDbOptions { Dump = dump, Oplog = [Path.Combine(_folder.FullName, "log", "*.bson")] };
        var runner = new SourceRunner
        {
            Committed = committed,
            MaxRows = random.Next(1, 200),
            StopAfter = random.Next(3) == 0 ? null : random.Next(1, 6),
            Acknowledges = random.Next(3) > 0,
            CommitEvery = random.Next(1, 4),
            DieAfter = random.Next(3) == 0 ? random.Next(1, 12) : null,
        };
        string state = Path.Combine(_folder.FullName, "state");
        if (random.Next(25) == 0 && Directory.Exists(state))
        {
            Directory.Delete(state, recursive: true);
        }

        return await runner.RunAsync(SourceRunner.Settings(options, ReplicationMethod.ChangeCapture, state, Resolved(datasets)) with { Selector = new([.. datasets], []) });
    }

    private static string[] Resolved(string[] datasets) =>
        [.. Collections.Where(c => new DatasetSelector([.. datasets], []).Matches(c))];

    private static void Apply(SourceRunner runner, Dictionary<(string, string), SeenRow> table, HashSet<(string, string, string)> given)
    {
        foreach (SeenRow row in runner.Rows)
        {
            (string Dataset, string) key = (row.Dataset, row.Values["_id"]);
            given.Add((row.Dataset, row.Values["_id"], row.Position)).ShouldBeTrue($"{row.Text} was given twice");
            if (!table.TryGetValue(key, out SeenRow? there) || string.CompareOrdinal(there.Position, row.Position) < 0)
            {
                table[key] = row;
            }
        }
    }

    private static string Normal(JsonObject document) => string.Join(
        ";",
        document.Where(f => f.Value is not null).OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}={NormalText(f.Value is JsonValue value ? value.ToString() : f.Value!.ToJsonString())}"));

    private static string NormalText(string text) =>
        text.Length > 0 && text[0] is '{' or '[' ? Sorted(JsonNode.Parse(text))!.ToJsonString() : text;

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
