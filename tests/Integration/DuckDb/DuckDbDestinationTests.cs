using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Millrace.Connectors.DuckDb;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.IntegrationTests.DuckDb;

/// <summary>What is DuckDB's own about the destination; what every destination does stands in the conformance suite.</summary>
public sealed class DuckDbDestinationTests : IDisposable
{
    private const string Task = "job/task";

    private static readonly TableId Orders = new("shop", "orders");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-duckdb-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Named like the schema on purpose: DuckDB would call shop.orders ambiguous if the file's name were the catalog's.
    private string FilePath => Path.Combine(_folder.FullName, "shop.duckdb");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_first_load_and_a_merge_give_the_last_state_of_each_key()
    {
        await LoadAsync(1, null, Batch(("a", 1, 'i', "p1"), ("b", 2, 'i', "p2"), ("c", 3, 'i', "p3"), ("a", 4, 'i', "p4")));
        await LoadAsync(2, "p4", Batch(("b", 5, 'u', "p5"), ("c", null, 'd', "p6"), ("d", 6, 'i', "p7"), ("a", 0, 'u', "p0")));

        (await RowsAsync("SELECT concat_ws('|', _id, v, _millrace_run_id, _millrace_position, _millrace_deleted_at IS NOT NULL) FROM shop.orders ORDER BY _id"))
            .ShouldBe(["a|4|1|p4|false", "b|5|2|p5|false", "c|3|2|p6|true", "d|6|2|p7|false"]);
    }

    [Fact]
    public async Task Nothing_of_a_load_is_on_the_disk_before_its_commit_and_all_of_it_after()
    {
        await LoadAsync(1, null, Batch([.. Enumerable.Range(0, 50_000).Select(i => ($"k{i:D6}", (int?)i, 'i', $"p{i:D6}"))]));
        await using IDestination destination = Open(FilePath);
        await destination.PrepareAsync(Request(2), Token);
        await using IWriteSession session = await destination.BeginAsync(Request(2), Load("p049999"), Token);
        using RecordBatch batch = Batch([.. Enumerable.Range(0, 60_000).Select(i => ($"k{i:D6}", (int?)-i, 'u', $"q{i:D6}"))]);
        await session.WriteAsync(batch, Token);

        (await ImageAsync("before")).ShouldBe(["50000|0|p049999"]);
        await session.CommitAsync(Commit("p049999", "q059999"), Token);
        (await ImageAsync("after")).ShouldBe(["60000|59999|q059999"]);
    }

    [Fact]
    public async Task Values_that_DuckDB_cannot_hold_go_to_quarantine_with_the_reason()
    {
        TableSchema schema = new(Orders, [new("_id", LogicalType.Text), new("at", LogicalType.TimestampUtc(6)), new("n", LogicalType.Decimal(4, 2))], ["_id"]);
        TableWrite table = new(schema, WriteDisposition.Merge);
        VarColumn ids = (VarColumn)Column.Create(LogicalType.Text);
        Column<long> times = (Column<long>)Column.Create(LogicalType.TimestampUtc(6));
        Column<Int128> numbers = (Column<Int128>)Column.Create(LogicalType.Decimal(4, 2));
        foreach ((string id, long ticks, Int128 number) in new (string, long, Int128)[] { ("a", 10, 1), ("b", 11, 2), ("c", 20, 10_000), ("d", 30, 9_999) })
        {
            ids.Append(Encoding.UTF8.GetBytes(id));
            times.Append(ticks);
            numbers.Append(number);
        }

        await using (IDestination destination = Open(FilePath))
        {
            WriteRequest request = new(Task, 1, 1, DateTimeOffset.UnixEpoch, [table]);
            await destination.PrepareAsync(request, Token);
            await using IWriteSession session = await destination.BeginAsync(request, Load(null), Token);
            using RecordBatch batch = new(schema, [ids, times, numbers], 4);
            await session.WriteAsync(batch, Token);
            session.Quarantined.ShouldBe(2);
            await session.CommitAsync(Commit(null, "p4"), Token);
        }

        (await RowsAsync("SELECT _id FROM shop.orders ORDER BY _id")).ShouldBe(["a", "d"]);
        (await RowsAsync("SELECT reason FROM _millrace_quarantine ORDER BY id")).ShouldBe(
        [
            "Column at: the timestamp has more than six fractional digits",
            "Column n: the number does not fit DECIMAL(4,2)",
        ]);
    }

    [Fact]
    public async Task Two_tasks_of_one_process_write_one_file_at_once()
    {
        TableId[] tables = [.. Enumerable.Range(0, 4).Select(i => new TableId("shop", $"t{i}"))];

        await Parallel.ForEachAsync(tables, Token, async (table, ct) =>
        {
            for (int load = 0; load < 5; load++)
            {
                WriteRequest request = Request(load + 1, table, $"job/{table.Name}");
                await using IDestination destination = Open(FilePath);
                await destination.PrepareAsync(request, ct);
                await using IWriteSession session = await destination.BeginAsync(request, new LoadId($"{table.Name}{load}"), ct);
                using RecordBatch batch = Batch(table, [.. Enumerable.Range(0, 3000).Select(i => ($"k{i}", (int?)load, 'u', $"p{load}"))]);
                await session.WriteAsync(batch, ct);
                await session.CommitAsync(Commit(null, $"p{load}", $"job/{table.Name}", load), ct);
            }
        });

        foreach (TableId table in tables)
            (await RowsAsync($"SELECT concat_ws('|', count(*), min(v), max(v)) FROM shop.{table.Name}")).ShouldBe(["3000|4|4"]);
        (await RowsAsync("SELECT count(*) FROM _millrace_checkpoints")).ShouldBe(["4"]);
    }

    [Fact]
    public async Task The_file_is_free_for_others_between_runs()
    {
        await LoadAsync(1, null, Batch(("a", 1, 'i', "p1")));

        using Process other = await DuckDbFileTests.HoldAsync(FilePath);
        other.Kill();
    }

    [Fact]
    public async Task Cancelling_a_load_leaves_the_last_commit_and_a_usable_file()
    {
        await LoadAsync(1, null, Batch(("a", 1, 'i', "p1")));
        using CancellationTokenSource source = new();
        await using (IDestination destination = Open(FilePath))
        {
            await destination.PrepareAsync(Request(2), Token);
            await using IWriteSession session = await destination.BeginAsync(Request(2), Load("p1"), Token);
            using RecordBatch batch = Batch(("a", 2, 'u', "p2"));
            await session.WriteAsync(batch, Token);
            await source.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => session.CommitAsync(Commit("p1", "p2"), source.Token).AsTask());
        }

        (await RowsAsync("SELECT v FROM shop.orders")).ShouldBe(["1"]);
        (await RowsAsync("SELECT position FROM _millrace_checkpoints")).ShouldBe(["p1"]);
    }

    [Fact]
    public async Task A_commit_that_another_run_overtook_is_fenced()
    {
        await LoadAsync(1, null, Batch(("a", 1, 'i', "p1")));
        await using IDestination slow = Open(FilePath);
        await slow.PrepareAsync(Request(2), Token);
        await using IWriteSession session = await slow.BeginAsync(Request(2), Load("p1"), Token);
        using RecordBatch batch = Batch(("a", 2, 'u', "p2"));
        await session.WriteAsync(batch, Token);

        await LoadAsync(3, "p1", Batch(("a", 3, 'u', "p3")), new LoadId("other"));

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => session.CommitAsync(Commit("p1", "p2"), Token).AsTask());
        error.Code.ShouldBe(ErrorCodes.Fenced);
        await session.DisposeAsync();
        (await RowsAsync("SELECT v FROM shop.orders")).ShouldBe(["3"]);
    }

    private static DuckDbDestination Open(string path) => (DuckDbDestination)new DuckDbConnector().CreateDestination(
        new DestinationSettings(new ConnectionSettings("warehouse", new DuckDbOptions { Path = path }, Path.GetTempPath())));

    private static TableSchema Schema(TableId table) => new(
        table, [new("_id", LogicalType.Text, Source: "_id", SourceType: "string"), new("v", LogicalType.Int64, Source: "v")], ["_id"]);

    private static WriteRequest Request(long run, TableId? table = null, string task = Task) => new(
        task,
        run,
        1,
        DateTimeOffset.UnixEpoch.AddDays(run),
        [new TableWrite(Schema(table ?? Orders), WriteDisposition.Merge) { IsChangeCapture = true }]);

    private static LoadId Load(string? start) => LoadId.For(Task, 1, [("log", start ?? "")]);

    private static CommitRequest Commit(string? from, string to, string task = Task, int? load = null)
    {
        Checkpoint? expected = from is null ? null : new Checkpoint(task, "log", 1, CommittedBy(from), new Position(from), 0);
        if (load > 0)
            expected = new Checkpoint(task, "log", 1, new LoadId($"{task[4..]}{load - 1}"), new Position($"p{load - 1}"), 0);
        LoadId id = load is null ? Load(from) : new LoadId($"{task[4..]}{load}");
        return new CommitRequest([(expected, new Checkpoint(task, "log", 1, id, new Position(to), 0))]);
    }

    // Every test loads from the beginning first, so what is stored was written by the load that started there.
    private static LoadId CommittedBy(string position) => position.Length > 0 ? Load(null) : default;

    private static RecordBatch Batch(params (string Id, int? Value, char Change, string Position)[] rows) => Batch(Orders, rows);

    private static RecordBatch Batch(TableId table, (string Id, int? Value, char Change, string Position)[] rows)
    {
        VarColumn ids = (VarColumn)Column.Create(LogicalType.Text);
        Column<long> values = (Column<long>)Column.Create(LogicalType.Int64);
        VarColumn positions = (VarColumn)Column.Create(LogicalType.Text);
        foreach ((string id, int? value, _, string position) in rows)
        {
            ids.Append(Encoding.UTF8.GetBytes(id));
            if (value is { } number)
                values.Append(number);
            else
                values.AppendNull();
            positions.Append(Encoding.UTF8.GetBytes(position));
        }

        ChangeKind[] changes = Array.ConvertAll(
            rows, r => r.Change switch { 'd' => ChangeKind.Delete, 'u' => ChangeKind.Update, _ => ChangeKind.Insert });
        return new RecordBatch(Schema(table), [ids, values], rows.Length) { Changes = changes, RowPositions = positions };
    }

    private async Task LoadAsync(long run, string? from, RecordBatch batch, LoadId? load = null)
    {
        using (batch)
        {
            await using IDestination destination = Open(FilePath);
            await destination.PrepareAsync(Request(run), Token);
            LoadId id = load ?? Load(from);
            await using IWriteSession session = await destination.BeginAsync(Request(run), id, Token);
            await session.WriteAsync(batch, Token);
            string to = Encoding.UTF8.GetString(batch.RowPositions![batch.RowCount - 1]);
            CommitRequest commit = Commit(from, to);
            (await session.CommitAsync(new([(commit.Checkpoints[0].Expected, commit.Checkpoints[0].Next with { Load = id })]), Token))
                .AlreadyCommitted.ShouldBeFalse();
        }
    }

    // A copy of the files is what a process killed now would leave: the page cache outlives it.
    private async Task<ImmutableArray<string?>> ImageAsync(string name)
    {
        string image = Path.Combine(_folder.FullName, name + ".duckdb");
        File.Copy(FilePath, image);
        if (File.Exists(FilePath + ".wal"))
            File.Copy(FilePath + ".wal", image + ".wal");
        return await RowsAsync(
            "SELECT concat_ws('|', count(*), -min(v), (SELECT position FROM _millrace_checkpoints)) FROM shop.orders", image);
    }

    private async Task<ImmutableArray<string?>> RowsAsync(string sql, string? path = null)
    {
        await using DuckDbFile file = await DuckDbFile.OpenAsync(new DuckDbOptions { Path = path ?? FilePath }, TimeProvider.System, Token);
        await using DuckDbChannel channel = new(file);
        return [.. (await channel.QueryAsync($"SELECT x::VARCHAR FROM ({sql}) q(x)", Token)).Select(row => (string?)row.Values[0])];
    }
}
