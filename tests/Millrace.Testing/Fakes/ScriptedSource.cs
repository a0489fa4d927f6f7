using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Testing.Fakes;

/// <summary>One change of a script.</summary>
/// <param name="Dataset">Its dataset.</param>
/// <param name="Id">Its key.</param>
/// <param name="Value">Its value, or null for a delete.</param>
/// <param name="EndsUnit">False inside a source transaction: no commit may happen after it.</param>
public sealed record ScriptedChange(string Dataset, string Id, string? Value, bool EndsUnit = true);

/// <summary>
/// A source that plays scripts, one a partition, in batches of a given size; positions count changes. Stages are the order of the partitions'
/// names where <paramref name="staged"/>, else all are read at once.
/// </summary>
public sealed class ScriptedSource(IReadOnlyDictionary<string, IReadOnlyList<ScriptedChange>> scripts, int batchRows, bool staged) : ISource
{
    /// <summary>Bytes that each change accounts for.</summary>
    public const int BytesPerChange = 100;

    /// <summary>Checkpoints that the engine acknowledged.</summary>
    public List<Checkpoint> Acknowledged { get; } = [];

    /// <summary>False to play a source that never asks the budget.</summary>
    public bool AsksBudget { get; set; } = true;

    /// <summary>True to give each row its place in the script.</summary>
    public bool GivesPositions { get; set; }

    /// <summary>True to give changes that have a value as inserts, which may go straight into a table; else as updates.</summary>
    public bool GivesInserts { get; set; }

    /// <summary>The type that ids have: text, or bytes.</summary>
    public LogicalType IdType { get; set; } = LogicalType.Text;

    /// <summary>The type that values have: text, or JSON.</summary>
    public LogicalType ValueType { get; set; } = LogicalType.Text;

    /// <summary>Called before each plan; throws to play a source that has lost what is to be read.</summary>
    public Action Planning { get; set; } = () => { };

    /// <summary>Called with partition and change number before each change; throws to play a failing source.</summary>
    public Action<string, int> At { get; set; } = (_, _) => { };

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TableSchema>> DescribeAsync(CancellationToken cancellationToken) => new([]);

    /// <inheritdoc/>
    public ValueTask<ReadPlan> PlanAsync(PlanRequest request, CancellationToken cancellationToken)
    {
        Planning();
        List<PartitionPlan> partitions = [];
        int stage = 0;
        foreach ((string name, IReadOnlyList<ScriptedChange> script) in scripts.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            Position start = request.Committed.FirstOrDefault(c => c.Partition == name)?.Position ?? At0(0);
            if (start != At0(script.Count))
            {
                long left = script.Count - long.Parse(start.Value, CultureInfo.InvariantCulture);
                partitions.Add(new(name, staged ? stage++ : 0, start, At0(script.Count))
                {
                    IsSnapshot = name.StartsWith("snapshot", StringComparison.Ordinal),
                    Waiting = new(left, Certainty.Exact, left * BytesPerChange, Certainty.Exact),
                });
            }
        }

        return new(new ReadPlan(partitions));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(ReadRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string partition = request.Partition.Name;
        IReadOnlyList<ScriptedChange> script = scripts[partition];
        int next = int.Parse(request.Partition.Start.Value, CultureInfo.InvariantCulture);
        List<ScriptedChange> rows = [];
        while (next < script.Count)
        {
            int unitEnd = next;
            while (!script[unitEnd].EndsUnit)
            {
                unitEnd++;
            }

            int size = unitEnd - next + 1;
            if (AsksBudget && !request.Budget.TryTake(size, size * BytesPerChange))
            {
                // As real sources do: a last batch without rows that repeats the position.
                yield return Batch(partition, [], At0(next));
                yield break;
            }

            for (; next <= unitEnd; next++)
            {
                At(partition, next);
                rows.Add(script[next]);
                bool isLast = next == unitEnd;
                bool split = rows.Count >= batchRows || isLast || script[next + 1].Dataset != rows[0].Dataset;
                if (split)
                {
                    await Task.Yield();
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return Batch(partition, rows, isLast ? At0(next + 1) : null, next + 1 - rows.Count);
                    rows.Clear();
                }
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask AcknowledgeAsync(IReadOnlyList<Checkpoint> durable, CancellationToken cancellationToken)
    {
        Acknowledged.AddRange(durable);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Position At0(int change) => new("script.change/" + change.ToString("D8", CultureInfo.InvariantCulture));

    private RecordBatch Batch(string partition, List<ScriptedChange> rows, Position? position, int first = 0)
    {
        var ids = (VarColumn)Column.Create(IdType);
        var values = (VarColumn)Column.Create(ValueType);
        VarColumn? positions = GivesPositions ? (VarColumn)Column.Create(LogicalType.Text) : null;
        var kinds = new ChangeKind[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            positions?.Append(Encoding.UTF8.GetBytes(At0(first + i).Text));
            ids.Append(Encoding.UTF8.GetBytes(rows[i].Id));
            kinds[i] = rows[i].Value is null ? ChangeKind.Delete : GivesInserts ? ChangeKind.Insert : ChangeKind.Update;
            if (rows[i].Value is { } value)
            {
                values.AppendAt(i, Encoding.UTF8.GetBytes(value));
            }
        }

        var schema = new TableSchema(
            TableId.Parse(rows.Count == 0 ? "a" : rows[0].Dataset), [new("id", IdType, false), new("value", ValueType)], ["id"]);
        return new(schema, [ids, values], rows.Count)
        {
            Partition = partition,
            Changes = kinds,
            RowPositions = positions,
            Position = position,
            SourceBytes = rows.Count * BytesPerChange,
        };
    }
}
