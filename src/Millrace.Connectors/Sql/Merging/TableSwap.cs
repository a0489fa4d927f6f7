using Millrace.Connectors.Sql.Loads;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>
/// Puts a complete shadow in the target's place, inside the load's transaction. A target that Millrace made and on which nothing depends is
/// dropped and the shadow takes its name, with the grants; where views, foreign keys, triggers or further indexes hang on it, or where
/// Millrace did not make it, the target stays and its rows are exchanged.
/// </summary>
internal sealed class TableSwap(
    SqlChannel channel, SqlDialect dialect, SystemTables system, SchemaReader reader, SchemaWriter schemas)
{
    /// <summary>Swaps.</summary>
    /// <param name="shadow">The shadow, keys unique and its index built.</param>
    /// <param name="target">The target's name.</param>
    /// <param name="generation">The generation that becomes visible.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async ValueTask SwapAsync(TableLoad shadow, TableId target, int generation, CancellationToken cancellationToken)
    {
        StoredTable? there = await reader.ReadAsync(channel, target, cancellationToken).ConfigureAwait(false);
        if (there is null || (there.Note is { IsManaged: true } && !await HasDependentsAsync(there, cancellationToken).ConfigureAwait(false)))
        {
            await RenameAsync(shadow, there, target, generation, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await ExchangeAsync(shadow, there, generation, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Empties a target of which the complete generation has no row at all.</summary>
    public async ValueTask EmptyAsync(StoredTable target, int generation, CancellationToken cancellationToken)
    {
        await channel.ExecuteAsync($"DELETE FROM {dialect.Quote(target.Id)}", cancellationToken).ConfigureAwait(false);
        await schemas.NoteAsync(channel, target.Id, target.Note! with { Generation = generation }, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> HasDependentsAsync(StoredTable target, CancellationToken cancellationToken)
    {
        string query = dialect.DependentsQuery(target.Id, target.Note?.KeyIndex);
        return query.Length > 0 && await channel.HasRowAsync(query, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask RenameAsync(
        TableLoad shadow, StoredTable? there, TableId target, int generation, CancellationToken cancellationToken)
    {
        TableId from = shadow.Stored.Id;
        string grants = dialect.GrantsQuery(target);
        IReadOnlyList<SqlRow> granted = there is null || grants.Length == 0
            ? []
            : await channel.QueryAsync(grants, cancellationToken).ConfigureAwait(false);
        string? index = shadow.KeyIndex is null ? null : schemas.KeyIndexOf(target);
        if (there is not null)
        {
            await channel.ExecuteAsync(schemas.Drop(target), cancellationToken).ConfigureAwait(false);
        }

        await channel.ExecuteAsync(
            $"""
            {schemas.Forget(target)};
            {dialect.RenameTable(from, target.Name)};
            {(index is null || index == shadow.KeyIndex ? "" : $"ALTER INDEX {dialect.Quote(new TableId(from.Schema, shadow.KeyIndex!))} RENAME TO {dialect.Quote(index)};")}
            UPDATE {system.Columns} SET table_name = {dialect.Literal(target.Name)} WHERE {system.Names(from)};
            UPDATE {system.Tables}
            SET table_name = {dialect.Literal(target.Name)}, generation = {dialect.Literal(generation)}, key_index = {dialect.Literal(index)}
            WHERE {system.Names(from)}
            """,
            cancellationToken).ConfigureAwait(false);
        foreach (SqlRow grant in granted)
        {
            await channel.ExecuteAsync(grant.Text(0), cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask ExchangeAsync(TableLoad shadow, StoredTable there, int generation, CancellationToken cancellationToken)
    {
        StoredTable target = await schemas.ApplyAsync(channel, there.Id, shadow.Write, generation, cancellationToken).ConfigureAwait(false);
        string columns = KeySql.List(
            dialect, "", shadow.Columns.Select(c => c.Name).Concat(SystemColumnSet.For(shadow.Write, dialect).Select(c => c.Name)));
        await channel.ExecuteAsync(
            $"""
            DELETE FROM {dialect.Quote(target.Id)};
            {new LastPositionSql(dialect, system, target.Id).Forget()};
            INSERT INTO {dialect.Quote(target.Id)} ({columns}) SELECT {columns} FROM {dialect.Quote(shadow.Stored.Id)};
            {schemas.Drop(shadow.Stored.Id)}
            """,
            cancellationToken).ConfigureAwait(false);
        await schemas.NoteAsync(channel, target.Id, target.Note! with { Generation = generation }, cancellationToken).ConfigureAwait(false);
    }
}
