using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Connectors.Sql.Merging;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>
/// Creates and evolves tables: additive and lossless only, idempotent. Each call must run inside a transaction that holds the table's lock.
/// </summary>
internal sealed class SchemaWriter(SqlDialect dialect, SystemTables system, SchemaReader reader, SqlDestinationNames names)
{
    private static readonly string[] MapColumns =
        ["table_schema", "table_name", "column_name", "source_path", "logical_type", "source_type", "is_wide"];

    private static readonly string[] NoteColumns =
    [
        "table_schema", "table_name", "is_managed", "key_columns", "key_index", "disposition", "strategy", "delete_mode", "change_capture", "generation",
        "last_generation", "last_position",
    ];

    /// <summary>Brings <paramref name="table"/> to the shape that <paramref name="write"/> asks for; creates it where it is missing.</summary>
    /// <param name="channel">The connection, in a transaction.</param>
    /// <param name="table">The physical table: the target or its shadow.</param>
    /// <param name="write">How it is written.</param>
    /// <param name="generation">The generation to note for a table that is created.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async ValueTask<StoredTable> ApplyAsync(
        SqlChannel channel, TableId table, TableWrite write, int generation, CancellationToken cancellationToken)
    {
        StoredTable? stored = await reader.ReadAsync(channel, table, cancellationToken).ConfigureAwait(false);
        if (stored is null)
        {
            await CreateAsync(channel, table, write, generation, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await EvolveAsync(channel, stored, write, cancellationToken).ConfigureAwait(false);
        }

        return await reader.ReadAsync(channel, table, cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidOperationException($"Table {table} is not there after it was created.");
    }

    /// <summary>Drops a table that Millrace made, and what is noted of it.</summary>
    public string Drop(TableId table) => $"DROP TABLE IF EXISTS {dialect.Quote(table)}; {Forget(table)}";

    /// <summary>Removes what is noted of a table.</summary>
    public string Forget(TableId table) =>
        $"""
        DELETE FROM {system.Columns} WHERE {system.Names(table)};
        DELETE FROM {system.Tables} WHERE {system.Names(table)}
        """;

    /// <summary>Creates a schema that is missing.</summary>
    public async ValueTask EnsureSchemaAsync(SqlChannel channel, string schema, CancellationToken cancellationToken)
    {
        // Asked first, because CREATE SCHEMA IF NOT EXISTS wants the permission even where there is nothing to do.
        string query = dialect.SchemaQuery(schema);
        if (await channel.HasRowAsync(query, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        // Two who make one at the same time would meet in the engine's own catalog, IF NOT EXISTS or not.
        await channel.LockAsync("schema " + schema, cancellationToken).ConfigureAwait(false);
        if (!await channel.HasRowAsync(query, cancellationToken).ConfigureAwait(false))
        {
            await channel.ExecuteAsync(dialect.CreateSchema(schema), cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask CreateAsync(
        SqlChannel channel, TableId table, TableWrite write, int generation, CancellationToken cancellationToken)
    {
        await EnsureSchemaAsync(channel, table.Schema, cancellationToken).ConfigureAwait(false);
        IEnumerable<string> columns = write.Schema.Columns
            .Select(c => $"{dialect.Quote(c.Name)} {ColumnType(write, c)}")
            .Concat(SystemColumnSet.For(write, dialect).Select(c => $"{dialect.Quote(c.Name)} {c.Type}"));
        await channel.ExecuteAsync(
            $"""
            {Forget(table)};
            CREATE TABLE {dialect.Quote(table)} (
              {string.Join(",\n  ", columns)})
            """,
            cancellationToken).ConfigureAwait(false);
        await NoteAsync(channel, table, new(true, write.Schema.Key, null, write, generation), cancellationToken).ConfigureAwait(false);
        await MapAsync(channel, table, write.Schema.Columns, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask EvolveAsync(SqlChannel channel, StoredTable stored, TableWrite write, CancellationToken cancellationToken)
    {
        List<ColumnSchema> changed = [];
        bool isIndexGone = false;
        foreach (ColumnSchema column in write.Schema.Columns)
        {
            if (stored.Find(column.Name) is not { } there)
            {
                await channel.ExecuteAsync(
                    dialect.AddColumn(dialect.Quote(stored.Id), dialect.Quote(column.Name), ColumnType(write, column)), cancellationToken).ConfigureAwait(false);
                changed.Add(column);
            }
            else if (there.IsGenerated)
            {
                ThrowIfKey(stored.Id, write, column.Name);
            }
            else if (there.Type != column.Type && (there.IsMapped || stored.Note is { IsManaged: true }))
            {
                isIndexGone |= await RetypeAsync(channel, stored, there, column.Type, cancellationToken).ConfigureAwait(false);
                changed.Add(column);
            }
            else if (!there.IsMapped)
            {
                changed.Add(column with { Type = there.Type });
            }
            else if (there.Source != column.Source || there.SourceType != column.SourceType)
            {
                changed.Add(column);
            }
        }

        await MapAsync(channel, stored.Id, changed, cancellationToken).ConfigureAwait(false);
        await AddSystemColumnsAsync(channel, stored, write, cancellationToken).ConfigureAwait(false);
        TableNote note = stored.Note ?? new(false, write.Schema.Key, null, write, 0);
        note = isIndexGone ? note with { KeyIndex = null } : note;
        if (write.RekeyFrom is { } from && !note.Key.Contains(SystemColumns.Key))
        {
            await RekeyAsync(channel, stored, from, cancellationToken).ConfigureAwait(false);
            note = note with { KeyIndex = null };
        }

        TableNote wanted = note with { Key = write.Schema.Key, Write = write };
        if (stored.Note is null || !SameNote(stored.Note, wanted))
        {
            await NoteAsync(channel, stored.Id, wanted, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask AddSystemColumnsAsync(
        SqlChannel channel, StoredTable stored, TableWrite write, CancellationToken cancellationToken)
    {
        foreach ((string name, string type) in SystemColumnSet.For(write, dialect))
        {
            if (!stored.SystemColumns.Contains(name))
            {
                await channel.ExecuteAsync(
                    dialect.AddColumn(dialect.Quote(stored.Id), dialect.Quote(name), type), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // Says whether the key's index had to go for it.
    private async ValueTask<bool> RetypeAsync(
        SqlChannel channel, StoredTable stored, StoredColumn from, LogicalType to, CancellationToken cancellationToken)
    {
        // A wider decimal or a finer timestamp may be the same type in the store; then only the map changes.
        if (dialect.TypeName(from.Type) == dialect.TypeName(to))
        {
            return false;
        }

        if (TypeLattice.Join(from.Type, to) is not { Kind: not JoinKind.Variant } joined || joined.Type != to)
        {
            throw new MillraceException(
                ErrorCodes.TransactionConflict,
                $"Column {from.Name} of {stored.Id} is {from.Type} by now, which does not fit into {to} as this load would have it: another load changed it meanwhile.",
                "Start the run again; it goes on from the last commit. If this repeats, let one run at a time write the tables that tasks share.",
                isTransient: true);
        }

        bool isIndexed = !dialect.RetypesIndexedColumns && stored.Note is { KeyIndex: not null } note && note.Key.Contains(from.Name);
        if (isIndexed)
        {
            await channel.ExecuteAsync(dialect.DropIndex(stored.Id, stored.Note!.KeyIndex!), cancellationToken).ConfigureAwait(false);
        }

        await channel.ExecuteAsync(
            dialect.AlterType(dialect.Quote(stored.Id), from.Name, from.Type, to), cancellationToken).ConfigureAwait(false);
        return isIndexed;
    }

    // A value of its own making is never written, and a row whose key is not written could not be met again.
    private static void ThrowIfKey(TableId table, TableWrite write, string column)
    {
        if (write.Schema.Key.Contains(column))
        {
            throw new MillraceException(
                ErrorCodes.StatementFailed,
                $"Column {column} of {table} is filled by the server (identity, computed or period column), so it cannot be the key that rows are merged by.",
                "Name another key (target.primary_key), or load into a table whose key is an ordinary column.",
                "target.primary_key");
        }
    }

    private async ValueTask RekeyAsync(SqlChannel channel, StoredTable stored, string from, CancellationToken cancellationToken)
    {
        string key = KeySql.Canonical(dialect, dialect.Quote(from), stored.Find(from)?.SourceType);
        string tag = CanonicalKey.TagOf(stored.Find(from)?.SourceType) ?? "j";
        string dropIndex = stored.Note?.KeyIndex is { } index
            ? dialect.DropIndex(stored.Id, index) + ";"
            : "";
        await channel.ExecuteAsync(
            $"""
            {dropIndex}
            UPDATE {dialect.Quote(stored.Id)} SET {dialect.Quote(SystemColumns.Key)} = {key}
            WHERE {dialect.Quote(SystemColumns.Key)} IS NULL;
            UPDATE {system.Tombstones} SET key_text = {dialect.Concat(dialect.Literal(tag + ":"), "key_text")} WHERE {system.Names(stored.Id)}
            """,
            cancellationToken).ConfigureAwait(false);
    }

    private string ColumnType(TableWrite write, ColumnSchema column) =>
        write.Schema.Key.Contains(column.Name) || write.ParentKey.Contains(column.Name)
            ? dialect.KeyColumnType(column.Type)
            : dialect.ColumnType(column.Type);

    private async ValueTask MapAsync(
        SqlChannel channel, TableId table, IReadOnlyCollection<ColumnSchema> columns, CancellationToken cancellationToken)
    {
        if (columns.Count == 0)
        {
            return;
        }

        IEnumerable<string> rows = columns.Select(c =>
            dialect.Row(table.Schema, table.Name, c.Name, c.Source, c.Type.ToString(), c.SourceType, false));
        await channel.ExecuteAsync(
            dialect.Upsert(system.Columns, MapColumns, MapColumns[..3], MapColumns[3..^1], dialect.Values(MapColumns, rows)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes what is noted of a table. One that Millrace makes is empty when it is first noted: nothing comes before its last position.</summary>
    public async ValueTask NoteAsync(SqlChannel channel, TableId table, TableNote note, CancellationToken cancellationToken) =>
        await channel.ExecuteAsync(
            dialect.Upsert(system.Tables, NoteColumns, NoteColumns[..2], NoteColumns[2..^2], dialect.Values(NoteColumns, [Row(table, note)])),
            cancellationToken).ConfigureAwait(false);

    /// <summary>The name of a table's unique index on its key.</summary>
    public string KeyIndexOf(TableId table) => names.KeyIndexOf(table);

    private string Row(TableId table, TableNote note) => dialect.Row(
        table.Schema,
        table.Name,
        note.IsManaged,
        JsonSerializer.Serialize(note.Key.AsEnumerable()),
        note.KeyIndex,
        note.Write.Disposition.ToString(),
        note.Write.Strategy.ToString(),
        note.Write.DeleteMode.ToString(),
        note.Write.IsChangeCapture,
        note.Generation,
        note.IsManaged ? 0 : null,
        note.IsManaged ? "" : null);

    private static bool SameNote(TableNote a, TableNote b) =>
        a.Key.SequenceEqual(b.Key) && a.KeyIndex == b.KeyIndex && a.Generation == b.Generation && a.Write.Disposition == b.Write.Disposition
            && a.Write.Strategy == b.Write.Strategy && a.Write.DeleteMode == b.Write.DeleteMode
            && a.Write.IsChangeCapture == b.Write.IsChangeCapture;
}
