using System.Collections.Immutable;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>
/// Keeps a table from being written in two ways, one after the other: rows without a key, a version or a position among rows with one make a
/// table that is neither. What a table's rows are is said by its note.
/// </summary>
internal sealed class WriteFit(SqlDialect dialect, SchemaReader reader)
{
    private readonly HashSet<TableId> _fitting = [];

    /// <summary>Looks once an instance, before the table is changed.</summary>
    /// <param name="channel">The connection, in a transaction that holds the table's lock.</param>
    /// <param name="table">The target, its schema resolved.</param>
    /// <param name="write">How it is to be written.</param>
    /// <param name="generation">The task's generation: rows of a replace that go beside the table, not into it, meet none of its rows.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.TableWrittenOtherwise"/>.</exception>
    public async ValueTask CheckAsync(SqlChannel channel, TableId table, TableWrite write, int generation, CancellationToken cancellationToken)
    {
        if (_fitting.Contains(table))
        {
            return;
        }

        StoredTable? stored = await reader.ReadAsync(channel, table, cancellationToken).ConfigureAwait(false);
        if (stored?.Note is { } note
            && !Fits(note, write, generation)
            && await channel.HasRowAsync(dialect.AnyRow(table), cancellationToken).ConfigureAwait(false))
        {
            throw Misfit(table, note, write);
        }

        _fitting.Add(table);
    }

    private static bool Fits(TableNote note, TableWrite write, int generation)
    {
        if (write.Disposition == WriteDisposition.Replace)
        {
            return note.Write.Disposition == WriteDisposition.Replace || note.Generation != generation;
        }

        return note.Write.Disposition == write.Disposition
            && note.Write.IsChangeCapture == write.IsChangeCapture
            && (write.Disposition != WriteDisposition.Merge || (KeepsVersions(note.Write) == KeepsVersions(write) && SameKey(note, write)));
    }

    private static bool KeepsVersions(TableWrite write) => write.Strategy == MergeStrategy.Scd2;

    // A child's key follows its parent's, and a key may become the canonical one.
    private static bool SameKey(TableNote note, TableWrite write)
    {
        ImmutableArray<string> key = write.Schema.Key;
        return key.IsEmpty || key is [SystemColumns.Key] || !write.ParentKey.IsEmpty || note.Key.ToHashSet(StringComparer.Ordinal).SetEquals(key);
    }

    private MillraceException Misfit(TableId table, TableNote note, TableWrite write) => new(
        ErrorCodes.TableWrittenOtherwise,
        $"Table {table} holds rows that were written by {Describe(note.Write, note.Key)}; the task now says {Describe(write, write.Schema.Key)}. "
            + "Rows of both in one table would be neither.",
        $"Set the task back to what it was; or drop the table (DROP TABLE {dialect.Quote(table)}), or name another one (target.table), and run once "
            + "with --full-refresh.",
        "target");

    private static string Describe(TableWrite write, ImmutableArray<string> key)
    {
        string strategy = write.Disposition == WriteDisposition.Merge ? $" ({SnakeCase.Of(write.Strategy)}, key [{string.Join(", ", key)}])" : "";
        return SnakeCase.Of(write.Disposition) + strategy + (write.IsChangeCapture ? " with change capture" : " without change capture");
    }
}
