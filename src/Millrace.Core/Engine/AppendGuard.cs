using System.Collections.Immutable;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine;

/// <summary>
/// Looks, before an append begins from the start, whether its rows are there already: an append has no key by which rows that come again would
/// meet those that are there. A task that appends a whole copy each time (<c>full_refresh</c>) means to.
/// </summary>
internal sealed class AppendGuard(TaskDefinition task, RunContext context, IDestination target)
{
    /// <summary>Compares the task's checkpoints with the rows in its tables.</summary>
    /// <param name="state">The checkpoints.</param>
    /// <param name="datasets">What the task reads.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What to warn of where rows will come again because somebody asked for it (a reset, a full refresh, a resnapshot), or null.</returns>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.CheckpointsLost"/>.</exception>
    public async Task<string?> CheckAsync(GenerationState state, ImmutableArray<string> datasets, CancellationToken cancellationToken)
    {
        bool isAtItsStart = state.OfGeneration().Count == 0;
        if (task.Target.Disposition != WriteDisposition.Append || task.Source.Method == ReplicationMethod.FullRefresh || !isAtItsStart)
        {
            return null;
        }

        if (await WithRowsAsync([.. state.LoadedTables(ofGeneration: true)], cancellationToken).ConfigureAwait(false) is [var marked, ..])
        {
            throw Lost(marked.ToString());
        }

        TableId[] before = [.. state.LoadedTables(ofGeneration: false)];
        if (before.Length > 0)
        {
            return await WithRowsAsync(before, cancellationToken).ConfigureAwait(false) is { Length: > 0 } tables
                ? $"Task {task.Key} begins anew, and appends to {string.Join(", ", tables.Take(3))} once more what it has loaded there before: those rows stay."
                : null;
        }

        return state.Stored.Count > 0 || datasets.IsDefault ? null : await LookAsync(datasets, cancellationToken).ConfigureAwait(false);
    }

    private async Task<TableId[]> WithRowsAsync(TableId[] tables, CancellationToken cancellationToken)
    {
        List<TableId> found = [];
        foreach (TableId table in tables)
        {
            if (await target.DescribeAsync(table, cancellationToken).ConfigureAwait(false) is { IsEmpty: false })
            {
                found.Add(table);
            }
        }

        return [.. found];
    }

    private async Task<string?> LookAsync(ImmutableArray<string> datasets, CancellationToken cancellationToken)
    {
        foreach (string dataset in datasets)
        {
            TargetTable? table = await target.DescribeAsync(TargetNames.For(task.Target.Table, dataset, target.Naming), cancellationToken).ConfigureAwait(false);
            if (table is not { IsManaged: true, IsEmpty: false })
            {
                continue;
            }

            return (table.LoadedBy.IsEmpty, context.FullRefresh) switch
            {
                (true, false) => throw Lost(table.Schema.Table.ToString()),
                (true, true) => $"Task {task.Key} begins anew, and appends to {table.Schema.Table}, whose rows no checkpoint knows: they may come twice.",
                _ => $"Task {task.Key} begins to append to {table.Schema.Table}, which holds rows of {string.Join(", ", table.LoadedBy)}. If that is this task's "
                    + $"former name, its rows come twice: set 'id: {table.LoadedBy[0]}' on it.",
            };
        }

        return null;
    }

    private MillraceException Lost(string table) => new(
        ErrorCodes.CheckpointsLost,
        $"Task {task.Key}: table {table} holds rows that Millrace appended, but no checkpoint says how far it came. Reading begins at the start, "
            + "and rows would come twice.",
        "Bring the rows of _millrace_checkpoints back from a backup of the destination; or empty the table and run again; or, where rows may come twice, "
            + "run once with --full-refresh.");
}
