using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;
using Shouldly;
using Xunit;

namespace Millrace.Testing.Conformance;

/// <summary>
/// What every SQL destination must do, checked through its contract and by reading its tables back. A destination derives from it and says how
/// it is opened and read; a divergence is an override with its reason. One instance, and one empty store, a test.
/// </summary>
public abstract partial class DestinationConformance : IAsyncLifetime
{
    /// <summary>The table of most tests; its names need quoting on purpose.</summary>
    protected static readonly TableId Table = new("Sh.op", "or\"ders");

    /// <summary>The columns of most tests.</summary>
    protected static readonly TableSchema Schema = new(
        Table,
        [
            new("_id", LogicalType.Text, Source: "_id", SourceType: "string"),
            new("a", LogicalType.Int64, Source: "a"),
            new("b", LogicalType.Text, Source: "b"),
        ],
        ["_id"]);

    /// <summary>The test's token.</summary>
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A destination on the test's store; each call another instance.</summary>
    protected abstract IDestination Open();

    /// <summary>Runs a query on the test's store, each value as text; names in it are quoted with double quotes.</summary>
    protected abstract Task<IReadOnlyList<string?[]>> QueryAsync(string sql);

    /// <summary>The condition that a boolean column is true.</summary>
    protected virtual string IsTrue(string column) => column;

    /// <summary>An instant as microseconds since 1970.</summary>
    protected virtual string EpochMicroseconds(string column) => $"CAST(extract(epoch FROM {column}) * 1000000 AS bigint)";

    /// <summary>Runs a statement on the test's store, as its owner would by hand.</summary>
    protected abstract Task ExecuteAsync(string sql);

    /// <inheritdoc/>
    public abstract ValueTask InitializeAsync();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Every strategy and delete mode, with and without change capture.</summary>
    public static TheoryData<MergeStrategy, DeleteMode, bool> Merges()
    {
        TheoryData<MergeStrategy, DeleteMode, bool> data = [];
        foreach (MergeStrategy strategy in Enum.GetValues<MergeStrategy>())
        {
            foreach (DeleteMode mode in Enum.GetValues<DeleteMode>())
            {
                data.Add(strategy, mode, true);
                data.Add(strategy, mode, false);
            }
        }

        return data;
    }

    /// <summary>Random changes, replayed stretches and partial rows among them, in random splits, give what the model says.</summary>
    [Theory]
    [MemberData(nameof(Merges))]
    public async Task A_merge_gives_what_the_model_says_in_any_split(MergeStrategy strategy, DeleteMode mode, bool isChangeCapture)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            List<ModelEvent> events = ModelEvent.Generate(random, 40, withPartials: true);
            await CompareAsync(strategy, mode, isChangeCapture, random, isChangeCapture ? ModelEvent.WithReplays(random, events) : events, seed);
        }
    }

    /// <summary>Late and repeated events in any order never turn time back.</summary>
    [Theory]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Hard)]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Ignore)]
    [InlineData(MergeStrategy.DeleteInsert, DeleteMode.Hard)]
    [InlineData(MergeStrategy.DeleteInsert, DeleteMode.Ignore)]
    public async Task Late_events_never_turn_time_back(MergeStrategy strategy, DeleteMode mode)
    {
        for (int seed = 100; seed < 100 + Seeds; seed++)
        {
            var random = new Random(seed);
            List<ModelEvent> events = ModelEvent.OutOfOrder(random, ModelEvent.Generate(random, 40, withPartials: false));
            await CompareAsync(strategy, mode, true, random, events, seed);
        }
    }

    /// <summary>Datasets that are dropped and made again among the changes, in random splits, with loads that are broken off and repeated.</summary>
    [Theory]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Hard)]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Soft)]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Ignore)]
    [InlineData(MergeStrategy.DeleteInsert, DeleteMode.Hard)]
    [InlineData(MergeStrategy.DeleteInsert, DeleteMode.Soft)]
    public async Task Drops_among_changes_give_what_the_model_says_in_any_split(MergeStrategy strategy, DeleteMode mode)
    {
        for (int seed = 200; seed < 200 + Seeds; seed++)
        {
            var random = new Random(seed);
            List<ModelEvent> events = ModelEvent.Generate(random, 60, withPartials: false);
            TableWrite write = Write(Schema with { Table = new TableId("Sh.op", $"t{seed}") }, strategy, mode);
            var model = new ModelTable(strategy, mode, isChangeCapture: true);
            IDestination destination = Open();
            await using (destination.ConfigureAwait(false))
            {
                var runner = new LoadRunner(destination, $"job/{seed}");
                int loads = 0;
                for (int at = 0; at < events.Count;)
                {
                    int start = at;
                    List<Func<RecordBatch>> batches = Split(random, events, ref at, write, model);
                    if (random.Next(3) == 0)
                    {
                        await BreakOffAsync(destination, runner.Request(write), runner.Load, batches, random.Next(batches.Count));
                    }

                    await runner.RunAsync(write, $"log/{++loads:D6}", batches.Select(b => b()), cancellationToken: Token);
                    (await StateAsync(write)).ShouldBe(model.Rows(), $"seed {seed}, changes {start} to {at}");
                }
            }
        }
    }

    private static List<Func<RecordBatch>> Split(Random random, List<ModelEvent> events, ref int at, TableWrite write, ModelTable model)
    {
        List<Func<RecordBatch>> batches = [];
        for (int batch = random.Next(1, 6); batch > 0 && at < events.Count; batch--)
        {
            if (random.Next(4) == 0)
            {
                model.DeleteAll();
                batches.Add(() => new(write.Schema with { Columns = [], Key = [] }, [], 0) { Control = TableControl.DeleteAll });
                continue;
            }

            List<ModelEvent> rows = events.GetRange(at, Math.Min(random.Next(1, 12), events.Count - at));
            rows.ForEach(model.Apply);
            batches.Add(() => LoadRunner.Batch(write.Schema, rows, withPositions: true));
            at += rows.Count;
        }

        return batches;
    }

    private static async Task BreakOffAsync(IDestination destination, WriteRequest request, LoadId load, List<Func<RecordBatch>> batches, int count)
    {
        await destination.PrepareAsync(request, Token);
        await using IWriteSession session = await destination.BeginAsync(request, load, Token);
        foreach (Func<RecordBatch> batch in batches.Take(count))
        {
            using RecordBatch rows = batch();
            await session.WriteAsync(rows, Token);
        }
    }

    /// <summary>Random sequences that a model test tries.</summary>
    protected virtual int Seeds => 6;

    private async Task CompareAsync(
        MergeStrategy strategy, DeleteMode mode, bool isChangeCapture, Random random, List<ModelEvent> events, int seed)
    {
        var table = new TableId("Sh.op", $"t{seed}");
        TableWrite write = Write(Schema with { Table = table }, strategy, mode, isChangeCapture);
        var model = new ModelTable(strategy, mode, isChangeCapture);
        IDestination destination = Open();
        await using (destination.ConfigureAwait(false))
        {
            var runner = new LoadRunner(destination, $"job/{seed}");
            for (int at = 0; at < events.Count;)
            {
                List<RecordBatch> batches = [];
                for (int batch = random.Next(1, 4); batch > 0 && at < events.Count; batch--)
                {
                    List<ModelEvent> rows = events.GetRange(at, Math.Min(random.Next(1, 12), events.Count - at));
                    rows.ForEach(model.Apply);
                    batches.Add(LoadRunner.Batch(write.Schema, rows, isChangeCapture));
                    at += rows.Count;
                }

                await runner.RunAsync(write, $"log/{at:D6}", batches, cancellationToken: Token);
                (await StateAsync(write)).ShouldBe(model.Rows(), $"seed {seed}, after {at} of {events.Count} changes");
            }
        }
    }

    /// <summary>How a table is written.</summary>
    protected static TableWrite Write(
        TableSchema schema, MergeStrategy strategy = MergeStrategy.Upsert, DeleteMode mode = DeleteMode.Soft, bool isChangeCapture = true) =>
        new(schema, WriteDisposition.Merge) { Strategy = strategy, DeleteMode = mode, IsChangeCapture = isChangeCapture };

    /// <summary>The table's rows as <see cref="ModelTable.Rows"/> gives them.</summary>
    protected async Task<List<string>> StateAsync(TableWrite write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string state = write.Strategy == MergeStrategy.Scd2
            ? $"CASE WHEN {IsTrue("\"_millrace_is_current\"")} THEN 'live' ELSE 'closed' END"
            : write.DeleteMode == DeleteMode.Soft ? "CASE WHEN \"_millrace_deleted_at\" IS NULL THEN 'live' ELSE 'deleted' END" : "'live'";
        IReadOnlyList<string?[]> rows = await QueryAsync($"SELECT \"_id\", \"a\", \"b\", {state} FROM {Quote(write.Schema.Table)}");
        return [.. rows.Select(r => string.Join('|', r.Select(v => v ?? "-"))).Order(StringComparer.Ordinal)];
    }

    /// <summary>A table's name, quoted.</summary>
    protected static string Quote(TableId table) => $"{Quote(table.Schema)}.{Quote(table.Name)}";

    private static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
