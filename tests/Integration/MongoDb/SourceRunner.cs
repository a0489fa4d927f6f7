using System.Collections.Immutable;
using Millrace.Connectors.MongoDb;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>One row as a test sees it: where it came from and its values, each with its column's type.</summary>
internal sealed record SeenRow(string Dataset, ChangeKind Kind, string Position, ImmutableSortedDictionary<string, string> Values)
{
    public string Text => $"{Dataset} {Kind} {Position} {string.Join(", ", Values.Select(v => $"{v.Key}={v.Value}"))}";
}

/// <summary>Reads a source as the engine would, and keeps what it gave.</summary>
internal sealed class SourceRunner
{
    public List<SeenRow> Rows { get; } = [];

    public List<RejectedRow> Rejected { get; } = [];

    public List<(string Partition, Position? Position, int Rows)> Batches { get; } = [];

    public List<string> Dropped { get; } = [];

    /// <summary>What was noted while reading.</summary>
    public List<string> Notes { get; } = [];

    public long Bytes { get; private set; }

    public MillraceException? Error { get; private set; }

    /// <summary>Committed positions by partition.</summary>
    public Dictionary<string, Position> Committed { get; init; } = new(StringComparer.Ordinal);

    public Func<SourceSettings, SourceSettings> Configure { get; init; } = s => s;

    public int MaxRows { get; init; } = 8192;

    public int Generation { get; init; } = 1;

    /// <summary>Stop after this many batches that carry a position, as a spent budget would.</summary>
    public int? StopAfter { get; init; }

    public bool Acknowledges { get; init; } = true;

    /// <summary>Batches with a position that make a commit.</summary>
    public int CommitEvery { get; init; } = 1;

    /// <summary>Stop after this many batches, and lose what was not committed, as a killed run would.</summary>
    public int? DieAfter { get; init; }

    public ReadBudget Budget { get; init; } = ReadBudget.Unlimited;

    public ReadPlan Plan { get; private set; } = new([]);

    public static SourceSettings Settings(
        MongoDbOptions options, ReplicationMethod method, string stateDirectory, params string[] datasets) =>
        new(new ConnectionSettings("backup", options, Directory.GetCurrentDirectory()), "job/task", [.. datasets], method)
        {
            Selector = new([.. datasets], []),
            StateDirectory = stateDirectory,
        };

    public async Task<SourceRunner> RunAsync(SourceSettings settings)
    {
        int commits = 0, batches = 0, positions = 0, kept = 0;
        var moves = new Dictionary<string, Position>(StringComparer.Ordinal);
        try
        {
            await using ISource source = new MongoDbConnector().CreateSource(Configure(settings));
            Plan = await source.PlanAsync(new PlanRequest(Checkpoints(), Generation), TestContext.Current.CancellationToken);
            foreach (PartitionPlan partition in Plan.Partitions.OrderBy(p => p.Stage).TakeWhile(_ => Budget.Reached is null))
            {
                await foreach (RecordBatch batch in source.ReadAsync(new ReadRequest(partition, MaxRows) { Budget = Budget, Note = Notes.Add }, TestContext.Current.CancellationToken))
                {
                    using (batch)
                    {
                        Take(batch);
                    }

                    if (++batches == DieAfter)
                    {
                        Rows.RemoveRange(kept, Rows.Count - kept);
                        return this;
                    }

                    if (batch.Position is { } position)
                    {
                        moves[batch.Partition] = position;
                        if (++positions % CommitEvery != 0)
                        {
                            continue;
                        }

                        Commit(moves);
                        kept = Rows.Count;
                        if (Acknowledges)
                        {
                            await source.AcknowledgeAsync(Checkpoints(), TestContext.Current.CancellationToken);
                        }

                        if (++commits == StopAfter)
                        {
                            return this;
                        }
                    }
                }
            }
        }
        catch (MillraceException exception)
        {
            Rows.RemoveRange(kept, Rows.Count - kept);
            moves.Clear();
            Error = exception;
        }

        Commit(moves);
        return this;
    }

    private List<Checkpoint> Checkpoints() =>
        [.. Committed.Select(c => new Checkpoint("job/task", c.Key, Generation, new LoadId("0"), c.Value, 0))];

    private void Commit(Dictionary<string, Position> moves)
    {
        foreach ((string partition, Position position) in moves)
        {
            Committed[partition] = position;
        }

        moves.Clear();
    }

    private void Take(RecordBatch batch)
    {
        Batches.Add((batch.Partition, batch.Position, batch.RowCount));
        Rejected.AddRange(batch.Rejected);
        Bytes += batch.SourceBytes;
        if (batch.Control == TableControl.DeleteAll)
        {
            Dropped.Add(batch.Schema.Table.ToString());
        }

        for (int row = 0; row < batch.RowCount; row++)
        {
            Rows.Add(Read(batch, row));
        }
    }

    internal static SeenRow Read(RecordBatch batch, int row)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < batch.Columns.Length; i++)
        {
            Column column = batch.Columns[i];
            if (!column.IsNull(row))
            {
                values.Add(batch.Schema.Columns[i].Name, ValueOf(column, row));
            }
        }

        string position = batch.RowPositions is { } positions ? System.Text.Encoding.UTF8.GetString(positions[row]) : "";
        return new(batch.Schema.Table.ToString(), batch.ChangeOf(row), position, values.ToImmutable());
    }

    private static string ValueOf(Column column, int row) => column switch
    {
        Column<bool> booleans => booleans.Values[row] ? "true" : "false",
        Column<long> { Type.Kind: TypeKind.Timestamp } times => DateTimeOffset.UnixEpoch.AddTicks(times.Values[row]).ToString("O"),
        Column<long> longs => longs.Values[row].ToString(),
        Column<double> doubles => doubles.Values[row].ToString("R"),
        Column<Guid> guids => guids.Values[row].ToString(),
        Column<Int128> decimals => DecimalText(decimals.Values[row], decimals.Type.Scale),
        VarColumn { Type.Kind: TypeKind.Bytes } bytes => Convert.ToHexStringLower(bytes[row]),
        VarColumn text => System.Text.Encoding.UTF8.GetString(text[row]),
        _ => throw new InvalidOperationException(column.GetType().Name),
    };

    private static string DecimalText(Int128 unscaled, int scale)
    {
        string digits = Int128.Abs(unscaled).ToString().PadLeft(scale + 1, '0');
        string text = scale == 0 ? digits : $"{digits[..^scale]}.{digits[^scale..]}".TrimEnd('0').TrimEnd('.');
        return unscaled < 0 ? "-" + text : text;
    }
}
