using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;

namespace Millrace.Core.Engine;

/// <summary>One attempt of a run: the three workers and the queues between them.</summary>
internal sealed class Pipeline(
    TaskDefinition task,
    RunContext context,
    ISource source,
    IDestination target,
    GenerationState state,
    ReadPlan plan,
    ReadBudget budget,
    ImmutableArray<string> datasets,
    RunTotals totals)
{
    // Half of the bytes in flight may wait on either side of the shaper.
    private readonly ByteBoundedQueue<ReadItem> _read = new(Math.Max(1, task.MaxBytesInFlight / 2));
    private readonly ByteBoundedQueue<ShapedItem> _shaped = new(Math.Max(1, task.MaxBytesInFlight / 2));

    // Readers note from threads of their own; the observer is told by one.
    private readonly ConcurrentQueue<string> _notes = new();

    /// <summary>Runs to the plan's end, the budget, an error or a cancellation.</summary>
    public async Task<AttemptEnd> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var tables = new TableSet(task, target, datasets, [.. state.LoadedTables(ofGeneration: false)], state.Generation);
        tables.ThrowIfAnyShared();
        foreach (string warning in await new TaskShape(task).CompareAsync(state, target, context.IsBackfill, cancellationToken).ConfigureAwait(false))
        {
            context.Observer.Note(NoteLevel.Warning, warning);
        }

        await tables.SampleAsync(source, plan, cancellationToken).ConfigureAwait(false);
        var writer = new LoadWriter(task, context, source, target, state, plan, tables, totals);
        await using (writer.ConfigureAwait(false))
        {
            await writer.StartAsync(cancellationToken).ConfigureAwait(false);
            Task reading = Task.Run(() => ReadStageAsync(stop.Token), CancellationToken.None);
            Task shaping = Task.Run(() => ShapeStageAsync(tables, stop.Token), CancellationToken.None);
            try
            {
                return await WriteStageAsync(writer, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await Task.WhenAll(reading, shaping).ConfigureAwait(false);
                totals.NameDatasets(tables.DatasetOf);
                DisposeLeftovers();
            }
        }
    }

    /// <summary>Reads stage after stage; never throws: an error goes down the queue, behind the rows that were read before it.</summary>
    private async Task ReadStageAsync(CancellationToken stop)
    {
        try
        {
            foreach (IGrouping<int, PartitionPlan> stage in plan.Partitions.GroupBy(p => p.Stage).OrderBy(g => g.Key))
            {
                if (budget.Reached is not null)
                {
                    break;
                }

                var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, context.ReadParallelism), CancellationToken = stop };
                await Parallel.ForEachAsync(stage, options, ReadPartitionAsync).ConfigureAwait(false);
            }

            _read.Complete();
        }
        catch (Exception e)
        {
            _read.Complete(e);
        }
    }

    private async ValueTask ReadPartitionAsync(PartitionPlan partition, CancellationToken stop)
    {
        if (budget.Reached is not null)
        {
            return;
        }

        Position last = partition.Start;
        long started = Stopwatch.GetTimestamp();
        await foreach (RecordBatch batch in source.ReadAsync(RequestFor(partition), stop).ConfigureAwait(false))
        {
            long rows = batch.RowCount + batch.Rejected.Length;
            totals.AddRead(rows, batch.SourceBytes, started);
            budget.Observe(rows, batch.SourceBytes);
            bool mayStop = batch.Position is not null;
            last = batch.Position ?? last;
            await HandOnAsync(_read, new(batch, partition), batch.MemoryBytes, stop).ConfigureAwait(false);
            if (mayStop && budget.IsStoppedFromOutside)
            {
                break;
            }

            started = Stopwatch.GetTimestamp();
        }

        // Where the head is not known beforehand, a read that the budget did not cut short has reached it.
        bool isWhole = partition.Until is null ? budget.Reached is null : last == partition.Until;
        if (isWhole)
        {
            await _read.WriteAsync(new(null, partition), 0, stop).ConfigureAwait(false);
        }
    }

    // A batch larger than a load may be would make commit_every a dead letter.
    private ReadRequest RequestFor(PartitionPlan partition)
    {
        var request = new ReadRequest(partition) { Budget = budget, Note = _notes.Enqueue };
        return request with
        {
            MaxBatchRows = (int)Math.Clamp(task.CommitEvery.Rows ?? long.MaxValue, 1, request.MaxBatchRows),
            MaxBatchBytes = (int)Math.Clamp(task.CommitEvery.Bytes ?? long.MaxValue, 1, request.MaxBatchBytes),
        };
    }

    private async Task ShapeStageAsync(TableSet tables, CancellationToken stop)
    {
        try
        {
            await foreach (ReadItem item in _read.ReadAllAsync(stop).ConfigureAwait(false))
            {
                if (item.Batch is null)
                {
                    await _shaped.WriteAsync(ShapedItem.EndOf(item.Partition), 0, stop).ConfigureAwait(false);
                    continue;
                }

                ShapedItem shaped = await tables.ShapeAsync(item.Batch, item.Partition, totals, stop).ConfigureAwait(false);
                await HandOnAsync(_shaped, shaped, shaped.MemoryBytes, stop).ConfigureAwait(false);
            }

            _shaped.Complete();
        }
        catch (Exception e)
        {
            _shaped.Complete(e);
        }
    }

    private async Task<AttemptEnd> WriteStageAsync(LoadWriter writer, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (ShapedItem item in _shaped.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                using (item)
                {
                    TellNotes();
                    if (!await writer.WriteAsync(item, cancellationToken).ConfigureAwait(false))
                    {
                        return AttemptEnd.ResumeFromStored;
                    }
                }
            }
        }
        catch (Errors.MillraceException) when (!cancellationToken.IsCancellationRequested && writer.CanCommit)
        {
            // The source or the shaper failed, not the destination: what came before, up to a commit point, is kept.
            TellNotes();
            await writer.CommitAsync(cancellationToken).ConfigureAwait(false);
            throw;
        }

        TellNotes();
        if (!await writer.FinishAsync(cancellationToken).ConfigureAwait(false))
        {
            return AttemptEnd.ResumeFromStored;
        }

        if (budget.Reached is not null)
        {
            return AttemptEnd.Limit;
        }

        await writer.MakeTablesAsync(cancellationToken).ConfigureAwait(false);
        return AttemptEnd.Head;
    }

    private void TellNotes()
    {
        while (_notes.TryDequeue(out string? note))
        {
            context.Observer.Note(NoteLevel.Warning, note);
        }
    }

    // What does not get into the queue is still this stage's.
    private static async ValueTask HandOnAsync<T>(ByteBoundedQueue<T> queue, T item, long bytes, CancellationToken stop)
        where T : IDisposable
    {
        try
        {
            await queue.WriteAsync(item, bytes, stop).ConfigureAwait(false);
        }
        catch
        {
            item.Dispose();
            throw;
        }
    }

    private void DisposeLeftovers()
    {
        foreach (ReadItem item in _read.Drain())
        {
            item.Dispose();
        }

        foreach (ShapedItem item in _shaped.Drain())
        {
            item.Dispose();
        }
    }
}

/// <summary>What a reader hands on: a batch, or null at the end of its partition.</summary>
internal sealed record ReadItem(RecordBatch? Batch, PartitionPlan Partition) : IDisposable
{
    public void Dispose() => Batch?.Dispose();
}

/// <summary>What the shaper hands on: the steps that one batch became, or the end of a partition.</summary>
internal sealed record ShapedItem(PartitionPlan Partition, ImmutableArray<ShapedStep> Steps) : IDisposable
{
    public bool IsEnd { get; init; }

    public Position? Position { get; init; }

    public ImmutableArray<RejectedRow> Rejected { get; init; } = [];

    public long Rows { get; init; }

    public long SourceBytes { get; init; }

    public long DiscardedRows { get; init; }

    public long DiscardedValues { get; init; }

    public ImmutableArray<string> NewColumns { get; init; } = [];

    public DateTimeOffset? SourceTime { get; init; }

    public long MemoryBytes => Steps.Sum(s => s.Rows?.MemoryBytes ?? 0) + Rejected.Sum(r => r.MemoryBytes);

    public static ShapedItem EndOf(PartitionPlan partition) => new(partition, []) { IsEnd = true };

    public void Dispose()
    {
        foreach (ShapedStep step in Steps)
        {
            step.Rows?.Dispose();
        }
    }
}
