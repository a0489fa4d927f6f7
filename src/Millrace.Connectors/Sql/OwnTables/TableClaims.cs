using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.OwnTables;

/// <summary>
/// Keeps two tasks from one table where one of them would remove the other's rows: a resnapshot, a drop and a swap take every row of the table,
/// whoever brought it. Who brought rows is said by the tasks' <see cref="TableMarker"/> checkpoints.
/// </summary>
internal sealed class TableClaims(SqlDialect dialect, SystemTables system, SchemaReader reader, SqlDestinationNames names)
{
    private readonly HashSet<TableId> _free = [];

    /// <summary>Looks once an instance, before a table is made or changed.</summary>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.TableShared"/>.</exception>
    public async ValueTask CheckAsync(SqlChannel channel, string taskKey, TableWrite write, CancellationToken cancellationToken)
    {
        if (!_free.Contains(write.Schema.Table))
        {
            await ThrowIfTakenAsync(channel, taskKey, write, cancellationToken).ConfigureAwait(false);
            _free.Add(write.Schema.Table);
        }
    }

    /// <summary>The tasks that have brought rows to a table of this name.</summary>
    public async ValueTask<IReadOnlyList<string>> TasksAsync(SqlChannel channel, TableId table, CancellationToken cancellationToken)
    {
        IReadOnlySet<string> there = await reader.SystemTablesAsync(channel, cancellationToken).ConfigureAwait(false);
        return there.Contains(SystemTables.CheckpointsName)
            ? [.. (await channel.QueryAsync(TasksOf(table), cancellationToken).ConfigureAwait(false)).Select(t => t.Text(0))]
            : [];
    }

    /// <summary>Looks again inside the transaction that brings the task's first rows, under the table's lock.</summary>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.TableShared"/>.</exception>
    public async ValueTask CheckLockedAsync(
        SqlChannel channel, string taskKey, IEnumerable<TableWrite> firsts, CancellationToken cancellationToken)
    {
        // In one order, so that two such commits cannot wait for each other.
        foreach (TableWrite write in firsts.OrderBy(w => w.Schema.Table.ToString(), StringComparer.Ordinal))
        {
            await channel.LockAsync(SqlStore.LockName(names.Resolve(write.Schema.Table)), cancellationToken).ConfigureAwait(false);
            await ThrowIfTakenAsync(channel, taskKey, write, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>True for a table whose rows may be removed by a task that did not bring them.</summary>
    private static bool RemovesRows(TableWrite write) => write.IsChangeCapture || write.Disposition == WriteDisposition.Replace;

    // A task that has rows in the table was let in when they came: it shares the table with others that remove nothing either, or the others' markers
    // are of a table that is gone. What is to be refused to it is only that it begins to remove rows.
    private static bool Endangers(TableWrite write, TableWrite? before, bool isOurs)
    {
        bool removed = before is not null && RemovesRows(before);
        return isOurs ? RemovesRows(write) && !removed : RemovesRows(write) || removed;
    }

    private async ValueTask ThrowIfTakenAsync(SqlChannel channel, string taskKey, TableWrite write, CancellationToken cancellationToken)
    {
        TableId table = names.Resolve(write.Schema.Table);
        IReadOnlyList<SqlRow> tasks = await channel.QueryAsync(TasksOf(table), cancellationToken).ConfigureAwait(false);
        string? other = tasks.Select(t => t.Text(0)).FirstOrDefault(t => t != taskKey);
        if (other is null)
        {
            return;
        }

        StoredTable? stored = await reader.ReadAsync(channel, table, cancellationToken).ConfigureAwait(false);
        bool isOurs = tasks.Count > 1 && tasks.Any(t => t.Text(0) == taskKey);

        // A marker outlives its table: one that was dropped, or is made anew just now, is nobody's.
        if (stored is null
            || !Endangers(write, stored.Note?.Write, isOurs)
            || !await channel.HasRowAsync(dialect.AnyRow(table), cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        throw new MillraceException(
            ErrorCodes.TableShared,
            $"Task {taskKey}: table {table} holds rows of task {other}, and where a table is kept by change capture or replaced, the rows of both would "
                + "be removed together.",
            $"Give the task a table of its own (target.table). If {other} is this task's former name, set 'id: {other}' on it; if that task is gone "
                + "for good, drop the table.",
            "target.table");
    }

    private string TasksOf(TableId table)
    {
        // A task that names no schema means the connection's default one.
        IEnumerable<string> markers = table.Schema == names.DefaultSchema
            ? [TableMarker.PartitionOf(table), TableMarker.PartitionOf(table with { Schema = "" })]
            : [TableMarker.PartitionOf(table)];
        string partition = dialect.Naming.IgnoresCase ? "lower(\"partition\")" : "\"partition\"";
        IEnumerable<string> wanted = markers.Select(dialect.Literal).Select(m => dialect.Naming.IgnoresCase ? $"lower({m})" : m);
        return $"""
            SELECT DISTINCT task_key
            FROM {system.Checkpoints}
            WHERE {partition} IN ({string.Join(", ", wanted)})
            ORDER BY task_key
            """;
    }
}
