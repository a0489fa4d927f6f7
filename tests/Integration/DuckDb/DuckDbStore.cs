using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Millrace.Connectors.DuckDb;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.IntegrationTests.DuckDb;

/// <summary>A DuckDB file that tests load through the destination, a load a call, and read back by SQL.</summary>
internal sealed class DuckDbStore : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-duckdb-");
    private Checkpoint? _last;
    private int _loads;

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public string FilePath => Path.Combine(_folder.FullName, "store.duckdb");

    public int Generation { get; set; } = 1;

    /// <summary>A table of a text key and nullable columns; columns named <c>n…</c> are int64, others text.</summary>
    public static TableSchema Schema(string table, params string[] columns) => new(
        new TableId("shop", table),
        [.. columns.Select((c, i) => new ColumnSchema(c, c[0] == 'n' ? LogicalType.Int64 : LogicalType.Text, i > 0, c, c[0] == 'n' ? "long" : "string"))],
        [columns[0]]);

    /// <summary>Rows as texts: the change (<c>i u d</c>), the position, the source time in seconds, then a value a column, null for NULL and
    /// <c>~</c> for unset.</summary>
    public static RecordBatch Batch(TableSchema schema, params string?[][] rows)
    {
        ImmutableArray<Column> columns = [.. schema.Columns.Select(c => Column.Create(c.Type))];
        VarColumn positions = (VarColumn)Column.Create(LogicalType.Text);
        Column<long> times = (Column<long>)Column.Create(LogicalType.TimestampUtc());
        foreach (string?[] row in rows)
        {
            positions.Append(Encoding.UTF8.GetBytes(row[1]!));
            times.Append(long.Parse(row[2]!, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond);
            for (int i = 0; i < columns.Length; i++)
                Append(columns[i], row[i + 3]);
        }

        ChangeKind[] changes = Array.ConvertAll(rows, r => r[0] switch { "d" => ChangeKind.Delete, "u" => ChangeKind.Update, _ => ChangeKind.Insert });
        return new RecordBatch(schema, columns, rows.Length) { Changes = changes, RowPositions = positions, RowTimes = times };
    }

    /// <summary>One load of batches into one table.</summary>
    /// <param name="table">How the table is written.</param>
    /// <param name="completed">Whether the snapshot of this generation ends with the load.</param>
    /// <param name="batches">The batches, disposed here.</param>
    public async Task<CommitOutcome> LoadAsync(TableWrite table, bool completed, params RecordBatch[] batches)
    {
        WriteRequest request = new("job/task", ++_loads, Generation, DateTimeOffset.UnixEpoch.AddDays(_loads), [table]);
        Checkpoint next = new("job/task", "log", Generation, new LoadId($"load{_loads}"), new Position($"test/{_loads}"), 0);
        await using IDestination destination = Open();
        await destination.PrepareAsync(request, Token);
        await using IWriteSession session = await destination.BeginAsync(request, next.Load, Token);
        foreach (RecordBatch batch in batches)
        {
            using (batch)
            {
                if (!batch.Schema.Columns.All(c => table.Schema.IndexOf(c.Name) >= 0))
                    await session.EvolveAsync(table = table with { Schema = table.Schema with { Columns = batch.Schema.Columns } }, Token);
                await session.WriteAsync(batch, Token);
            }
        }

        CommitOutcome outcome = await session.CommitAsync(
            new CommitRequest([(_last, next)]) { Completed = completed ? [table.Schema.Table] : [] }, Token);
        _last = next;
        return outcome;
    }

    public IDestination Open() => new DuckDbConnector().CreateDestination(
        new DestinationSettings(new ConnectionSettings("warehouse", new DuckDbOptions { Path = FilePath }, _folder.FullName)));

    /// <summary>The rows of a query, each as its values with bars between them and <c>-</c> for NULL.</summary>
    public async Task<ImmutableArray<string>> RowsAsync(string sql)
    {
        await using DuckDbFile file = await DuckDbFile.OpenAsync(new DuckDbOptions { Path = FilePath }, TimeProvider.System, Token);
        await using DuckDbChannel channel = new(file);
        return [.. (await channel.QueryAsync($"SELECT COLUMNS(*)::VARCHAR FROM ({sql}) q", Token)).Select(r => string.Join('|', r.Values.Select(v => v ?? "-")))];
    }

    public async Task ExecuteAsync(string sql)
    {
        await using DuckDbFile file = await DuckDbFile.OpenAsync(new DuckDbOptions { Path = FilePath }, TimeProvider.System, Token);
        await using DuckDbChannel channel = new(file);
        await channel.ExecuteAsync(sql, Token);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void Append(Column column, string? value)
    {
        if (value is null)
            column.AppendNull();
        else if (value == "~")
            column.AppendUnset();
        else if (column is Column<long> numbers)
            numbers.Append(long.Parse(value, CultureInfo.InvariantCulture));
        else
            ((VarColumn)column).Append(Encoding.UTF8.GetBytes(value));
    }
}
