using System.Globalization;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine;

/// <summary>
/// A run over a range of time, beside the task's ordinary reading: it reads the datasets within the range, under partitions of its own
/// (<c>backfill:FROM..TO/NAME</c>), so that no checkpoint of the task moves. One that was broken off goes on; one that was complete is read again.
/// </summary>
internal sealed class Backfill
{
    private const string Prefix = "backfill:";

    private readonly string _prefix;

    private Backfill(DateTimeOffset? from, DateTimeOffset? to) => _prefix = $"{Prefix}{Text(from)}..{Text(to)}/";

    /// <summary>The backfill that a run is, or null for an ordinary run.</summary>
    /// <exception cref="MillraceException">MR1002: the task or the run does not go with one.</exception>
    public static Backfill? Of(TaskDefinition task, RunContext context)
    {
        if (!context.IsBackfill)
        {
            return null;
        }

        (string Why, string Fix)? refused = (task.Target.Disposition, context) switch
        {
            (_, { FullRefresh: true }) => ("--full-refresh reads everything anew, and --from and --to a part.", "Leave one of the two out."),
            (_, { Follow: true }) => ("--from and --to end with their range, and --follow has no end.", "Leave one of the two out."),
            (WriteDisposition.Append, _) => ("an append would double the rows that are there.", "Set write_disposition: merge with a key, or load the dates into a table of their own."),
            (WriteDisposition.Replace, _) => ("a replace fills its table whole.", "Use write_disposition: merge for a task that is backfilled."),
            _ => null,
        };
        return refused is { } reason
            ? throw new MillraceException(ErrorCodes.InvalidConfiguration, $"Task {task.Key} cannot be backfilled: {reason.Why}", reason.Fix)
            : new(context.From, context.To);
    }

    /// <summary>True for the partition of some backfill.</summary>
    public static bool Owns(string partition) => partition.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The source as the engine sees it: its partitions of datasets under the backfill's names, and nothing of its log.</summary>
    /// <param name="source">The source.</param>
    /// <param name="task">The task.</param>
    /// <param name="mayBeginAgain">True where a backfill that is complete is to be read once more.</param>
    public ISource Wrap(ISource source, TaskDefinition task, bool mayBeginAgain) => new Source(source, _prefix, task, mayBeginAgain);

    private static string Text(DateTimeOffset? time) => time is { } given
        ? given.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)
        : "";

    private sealed class Source(ISource inner, string prefix, TaskDefinition task, bool mayBeginAgain) : ISource
    {
        public ValueTask<IReadOnlyList<TableSchema>> DescribeAsync(CancellationToken cancellationToken) => inner.DescribeAsync(cancellationToken);

        public async ValueTask<ReadPlan> PlanAsync(PlanRequest request, CancellationToken cancellationToken)
        {
            Checkpoint[] own = [.. request.Committed
                .Where(c => c.Partition.StartsWith(prefix, StringComparison.Ordinal))
                .Select(c => c with { Partition = c.Partition[prefix.Length..] })];
            ReadPlan? plan = await PlanOwnAsync(request with { Committed = own }, cancellationToken).ConfigureAwait(false);
            bool isComplete = plan is null or { Partitions.Count: 0 };
            if (isComplete && own.Length > 0 && mayBeginAgain)
            {
                plan = await PlanOwnAsync(request with { Committed = [] }, cancellationToken).ConfigureAwait(false);
                return plan! with { BeginsAgain = true };
            }

            return plan ?? new([]);
        }

        public IAsyncEnumerable<RecordBatch> ReadAsync(ReadRequest request, CancellationToken cancellationToken) =>
            inner.ReadAsync(request with { Partition = request.Partition with { Name = request.Partition.Name[prefix.Length..] } }, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        // Null where what the former backfill was reading is there no more.
        private async ValueTask<ReadPlan?> PlanOwnAsync(PlanRequest request, CancellationToken cancellationToken)
        {
            try
            {
                ReadPlan plan = await inner.PlanAsync(request, cancellationToken).ConfigureAwait(false);
                return plan with
                {
                    Partitions = [.. plan.Partitions
                        .Where(p => p.IsSnapshot || task.Source.Method != ReplicationMethod.ChangeCapture)
                        .Select(p => p with { Name = prefix + p.Name })],
                };
            }
            catch (MillraceException e) when (e.Code == ErrorCodes.HistoryLost && request.Committed.Count > 0 && mayBeginAgain)
            {
                return null;
            }
        }
    }
}
