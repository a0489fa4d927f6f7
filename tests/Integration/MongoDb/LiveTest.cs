using System.Globalization;
using System.Text;
using Millrace.Connectors.MongoDb;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.External;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>A server, a task that reads it run after run, and the target that its rows come to.</summary>
/// <typeparam name="TServer">What the tests need of the server.</typeparam>
public abstract class LiveTest<TServer> : IAsyncLifetime
    where TServer : class, IMongoServer
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-live-");
    private readonly Dictionary<string, Position> _committed = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SeenRow> _target = new(StringComparer.Ordinal);

    private protected TServer Server { get; private set; } = null!;

    private protected IReadOnlyDictionary<string, Position> Committed => _committed;

    /// <summary>How the server is set up where it is a simulator.</summary>
    private protected virtual MongoSimulatorOptions ServerOptions => new();

    private protected MongoDbCapture Capture { get; set; }

    private protected MongoDbUpdateImages UpdateImages { get; set; }

    private protected string[] Datasets { get; set; } = ["orders"];

    private protected string[] Exclude { get; set; } = [];

    private protected ReplicationMethod Method { get; set; } = ReplicationMethod.ChangeCapture;

    private protected OnDrop OnDrop { get; set; }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Server = await StartAsync();
        Prepare();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private protected abstract Task<TServer> StartAsync();

    /// <summary>Says what the tests need of the server.</summary>
    private protected virtual void Prepare()
    {
    }

    private protected SourceSettings Settings(Func<SourceSettings, SourceSettings>? configure = null)
    {
        var options = new MongoDbOptions { Uri = Server.Uri, Database = Server.Database, Capture = Capture, UpdateImages = UpdateImages };
        var settings = new SourceSettings(new ConnectionSettings("live", options, ""), "job/task", [.. Datasets.Where(d => !d.Contains('*'))], Method)
        {
            Selector = new([.. Datasets], [.. Exclude]),
            OnDrop = OnDrop,
            MayRepeat = true,
            StateDirectory = _folder.FullName,
        };
        return configure?.Invoke(settings) ?? settings;
    }

    /// <summary>
    /// One run as the engine makes it: new partitions are committed at their starts, then what stands before a position with that position. Rows go
    /// to the target by the rule that no older change replaces a newer one.
    /// </summary>
    /// <param name="configure">Changes the settings.</param>
    /// <param name="budget">The run's budget.</param>
    /// <param name="dieAfter">The run ends after so many batches, and what was not committed is lost.</param>
    /// <param name="maxRows">Rows of a batch.</param>
    private protected async Task<LiveRun> RunAsync(
        Func<SourceSettings, SourceSettings>? configure = null, ReadBudget? budget = null, int? dieAfter = null, int maxRows = 8192)
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        budget ??= ReadBudget.Unlimited;
        await using ISource source = new MongoDbConnector().CreateSource(Settings(configure));
        ReadPlan plan = await source.PlanAsync(new([.. _committed.Select(c => new Checkpoint("job/task", c.Key, 1, new("0"), c.Value, 0))], 1), token);
        var run = new LiveRun(plan);
        foreach (PartitionPlan fresh in plan.Partitions)
        {
            _committed.TryAdd(fresh.Name, fresh.Start);
        }

        foreach (PartitionPlan partition in plan.Partitions.OrderBy(p => p.Stage).TakeWhile(_ => budget.Reached is null))
        {
            List<Action> staged = [];
            await foreach (RecordBatch batch in source.ReadAsync(new(partition, maxRows) { Budget = budget, Note = run.Notes.Add }, token))
            {
                using (batch)
                {
                    Stage(batch, staged, run);
                }

                if (++run.Batches == dieAfter)
                {
                    return run;
                }

                if (batch.Position is { } position)
                {
                    run.Moves += position == _committed[partition.Name] ? 0 : 1;
                    staged.ForEach(a => a());
                    staged.Clear();
                    _committed[partition.Name] = position;
                }
            }

            staged.ShouldBeEmpty("a partition ends at a position");
        }

        return run;
    }

    private void Stage(RecordBatch batch, List<Action> staged, LiveRun run)
    {
        run.Bytes += batch.SourceBytes;
        run.Rejected.AddRange(batch.Rejected);
        if (batch.Control == TableControl.DeleteAll)
        {
            string table = batch.Schema.Table.ToString();
            staged.Add(() => RemoveAll(table));
        }

        for (int i = 0; i < batch.RowCount; i++)
        {
            SeenRow row = SourceRunner.Read(batch, i);
            run.Rows.Add(row);
            staged.Add(() => Apply(row));
        }
    }

    /// <summary>Live rows of the target, one text each.</summary>
    private protected List<string> Target(string dataset = "orders") =>
        [.. _target.Values.Where(r => r.Dataset == dataset && r.Kind != ChangeKind.Delete).Select(r => TextOf(r.Values.Select(v => (v.Key, v.Value)))).Order(StringComparer.Ordinal)];

    /// <summary>The documents of the source as the target should have them. For documents of integers and texts.</summary>
    private protected List<string> Source(string collection = "orders") =>
        [.. Server.Documents("shop." + collection).Select(d => TextOf(FieldsOf(d))).Order(StringComparer.Ordinal)];

    private protected static Doc Order(int id, int value, string? text = null)
    {
        var doc = new Doc { { "_id", id }, { "n", value } };
        if (text is not null)
        {
            doc.Add("text", text);
        }

        return doc;
    }

    private protected static Doc ById(Node id) => new() { { "_id", id } };

    private protected static Doc Set(string field, Node value) => new() { { "$set", new Doc { { field, value } } } };

    private void RemoveAll(string table)
    {
        foreach (string key in _target.Keys.Where(k => k.StartsWith(table + "/", StringComparison.Ordinal)).ToArray())
        {
            _target.Remove(key);
        }
    }

    private void Apply(SeenRow row)
    {
        string key = $"{row.Dataset}/{row.Values.GetValueOrDefault("_id")}";
        if (!_target.TryGetValue(key, out SeenRow? there) || string.CompareOrdinal(row.Position, there.Position) > 0)
        {
            _target[key] = row;
        }
    }

    private static string TextOf(IEnumerable<(string Name, string Value)> fields) =>
        string.Join(",", fields.OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => $"{f.Name}={f.Value}"));

    private static IEnumerable<(string Name, string Value)> FieldsOf(byte[] document)
    {
        List<(string Name, string Value)> fields = [];
        var reader = new BsonReader(document);
        while (reader.Next())
        {
            fields.Add((Encoding.UTF8.GetString(reader.Name), reader.Type switch
            {
                BsonType.Int32 => reader.GetInt32().ToString(CultureInfo.InvariantCulture),
                BsonType.Int64 => reader.GetInt64().ToString(CultureInfo.InvariantCulture),
                _ => Encoding.UTF8.GetString(reader.GetString()),
            }));
        }

        return fields;
    }
}
