using System.Globalization;
using Millrace.Connectors.Sql.Loads;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>What the destination and its sessions share: the dialect, Millrace's own tables, and how a request's table is found.</summary>
internal sealed class SqlStore
{
    private readonly SystemLayout _layout;
    private int _stages;

    /// <summary>Creates the store of one destination.</summary>
    /// <param name="dialect">The engine's dialect.</param>
    /// <param name="defaultSchema">The schema of tables that name none.</param>
    /// <param name="metadataSchema">The schema of Millrace's own tables.</param>
    /// <param name="time">The clock.</param>
    /// <param name="layout">The layout of Millrace's own tables; null for this program's.</param>
    public SqlStore(SqlDialect dialect, string defaultSchema, string metadataSchema, TimeProvider time, SystemLayout? layout = null)
    {
        _layout = layout ?? SystemLayout.Current;
        Dialect = dialect;
        Time = time;
        System = new(dialect, metadataSchema);
        Names = new(dialect, defaultSchema);
        Reader = new(dialect, System, _layout);
        Schemas = new(dialect, System, Reader, Names);
        Claims = new(dialect, System, Reader, Names);
        Fit = new(dialect, Reader);
        Checkpoints = new(dialect, System);
        Quarantine = new(dialect, System, Reader);
    }

    public SqlDialect Dialect { get; }

    public TimeProvider Time { get; }

    public SystemTables System { get; }

    public SqlDestinationNames Names { get; }

    public SchemaReader Reader { get; }

    public SchemaWriter Schemas { get; }

    public TableClaims Claims { get; }

    public WriteFit Fit { get; }

    public CheckpointStore Checkpoints { get; }

    public QuarantineStore Quarantine { get; }

    /// <summary>The lock under which a table's definition changes.</summary>
    public static string LockName(TableId table) => "table " + table;

    /// <summary>The lock under which a task's checkpoints and steps are written.</summary>
    public static string LockName(string taskKey) => "task " + taskKey;

    /// <summary>A name for a stage that no other stage of this destination has.</summary>
    public string NextStageName() => "_millrace_stage_" + (++_stages).ToString(CultureInfo.InvariantCulture);

    /// <summary>Makes Millrace's own tables where they are missing, and brings those of an older layout up to this program's.</summary>
    public async ValueTask EnsureSystemTablesAsync(SqlChannel channel, CancellationToken cancellationToken)
    {
        if (await Reader.HasCurrentSystemTablesAsync(channel, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        await channel.InTransactionAsync(() => MakeSystemTablesAsync(channel, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask MakeSystemTablesAsync(SqlChannel channel, CancellationToken cancellationToken)
    {
        await channel.LockAsync("system tables " + System.Schema, cancellationToken).ConfigureAwait(false);
        await Schemas.EnsureSchemaAsync(channel, System.Schema, cancellationToken).ConfigureAwait(false);
        if (Dialect.BeforeSystemTables(System.Schema) is { Length: > 0 } before)
        {
            await channel.ExecuteAsync(before, cancellationToken).ConfigureAwait(false);
        }

        // Again under the lock: another process may have made them since.
        IReadOnlySet<string> there = await Reader.SystemTablesAsync(channel, cancellationToken).ConfigureAwait(false);
        await channel.ExecuteAsync(System.Create(), cancellationToken).ConfigureAwait(false);
        await UpgradeAsync(channel, there.Count == 0 ? _layout.Version : Reader.LayoutVersion, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask UpgradeAsync(SqlChannel channel, int version, CancellationToken cancellationToken)
    {
        foreach (string step in _layout.Steps.Skip(version).Select(s => s(System)).Where(s => s.Length > 0))
        {
            await channel.ExecuteAsync(step, cancellationToken).ConfigureAwait(false);
        }

        await channel.ExecuteAsync(System.WriteVersion(_layout.Version), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Prepares one table in a transaction of its own.</summary>
    public ValueTask<StoredTable> PrepareInTransactionAsync(
        SqlChannel channel, TableWrite write, int generation, CancellationToken cancellationToken) =>
        channel.InTransactionAsync(() => PrepareTableAsync(channel, write, generation, cancellationToken), cancellationToken);

    /// <summary>Creates or evolves one table under its lock, inside the current transaction; returns the one that rows go to.</summary>
    public async ValueTask<StoredTable> PrepareTableAsync(
        SqlChannel channel, TableWrite write, int generation, CancellationToken cancellationToken)
    {
        TableId target = Names.Resolve(write.Schema.Table);
        await channel.LockAsync(LockName(target), cancellationToken).ConfigureAwait(false);
        await Fit.CheckAsync(channel, target, write, generation, cancellationToken).ConfigureAwait(false);
        if (write.Disposition != WriteDisposition.Replace)
        {
            return await Schemas.ApplyAsync(channel, target, write, generation, cancellationToken).ConfigureAwait(false);
        }

        StoredTable there = await Reader.ReadAsync(channel, target, cancellationToken).ConfigureAwait(false)
            ?? await Schemas.ApplyAsync(channel, target, write, 0, cancellationToken).ConfigureAwait(false);
        if (there.Note is null)
        {
            there = await Schemas.ApplyAsync(channel, target, write, 0, cancellationToken).ConfigureAwait(false);
        }

        if (there.Note!.Generation == generation)
        {
            return await Schemas.ApplyAsync(channel, target, write, generation, cancellationToken).ConfigureAwait(false);
        }

        TableId shadow = Names.ShadowOf(target);
        StoredTable? stale = await Reader.ReadAsync(channel, shadow, cancellationToken).ConfigureAwait(false);
        if (stale is not null && stale.Note?.Generation != generation)
        {
            await channel.ExecuteAsync(Schemas.Drop(shadow), cancellationToken).ConfigureAwait(false);
        }

        return await Schemas.ApplyAsync(channel, shadow, write, generation, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The table that rows go to: the target, or while a replace is under way its shadow.</summary>
    public async ValueTask<TableId> PhysicalAsync(SqlChannel channel, TableWrite write, int generation, CancellationToken cancellationToken)
    {
        TableId target = Names.Resolve(write.Schema.Table);
        if (write.Disposition != WriteDisposition.Replace)
        {
            return target;
        }

        StoredTable? there = await Reader.ReadAsync(channel, target, cancellationToken).ConfigureAwait(false);
        return there?.Note?.Generation == generation ? target : Names.ShadowOf(target);
    }

    /// <summary>The table that rows of a generation are in: a target's shadow that this generation fills, else the target; null where there is none.</summary>
    public async ValueTask<StoredTable?> FilledAsync(SqlChannel channel, TableId target, int generation, CancellationToken cancellationToken)
    {
        StoredTable? there = await Reader.ReadAsync(channel, target, cancellationToken).ConfigureAwait(false);
        if (there?.Note is null || there.Note.Generation == generation)
        {
            return there;
        }

        StoredTable? shadow = await Reader.ReadAsync(channel, Names.ShadowOf(target), cancellationToken).ConfigureAwait(false);
        return shadow?.Note?.Generation == generation ? shadow : there;
    }

    /// <summary>The highest generation that a target, its shadow, or any row of them is of; 0 where there is none.</summary>
    public async ValueTask<int> LastGenerationAsync(SqlChannel channel, TableId table, CancellationToken cancellationToken)
    {
        TableId target = Names.Resolve(table);
        int last = 0;
        foreach (TableId part in (TableId[])[target, Names.ShadowOf(target)])
        {
            if (await Reader.ReadAsync(channel, part, cancellationToken).ConfigureAwait(false) is not { } stored)
            {
                continue;
            }

            // What is noted may be gone as the checkpoints are; the rows know better, and it is asked only then.
            last = Math.Max(last, stored.Note?.Generation ?? 0);
            if (stored.SystemColumns.Contains(SystemColumns.Generation))
            {
                IReadOnlyList<SqlRow> highest = await channel.QueryAsync(
                    $"SELECT coalesce(max({Dialect.Quote(SystemColumns.Generation)}), 0) FROM {Dialect.Quote(part)}", cancellationToken).ConfigureAwait(false);
                last = Math.Max(last, highest[0].Int(0));
            }
        }

        return last;
    }

    /// <summary>A table that a commit completes although this load brought it no row; null where there is nothing to complete.</summary>
    public async ValueTask<TableLoad?> UnknownTableAsync(
        SqlChannel channel, TableId table, TableWrite? write, int generation, CancellationToken cancellationToken)
    {
        TableId target = Names.Resolve(table);
        StoredTable? stored = await Reader.ReadAsync(channel, target, cancellationToken).ConfigureAwait(false);
        write ??= stored is null ? null : NotedWrite(stored);
        if (write is null || stored is null)
        {
            return null;
        }

        if (write.Disposition == WriteDisposition.Replace)
        {
            stored = await FilledAsync(channel, target, generation, cancellationToken).ConfigureAwait(false) ?? stored;
        }

        TableSchema schema = stored.ToTarget(table, false).Schema;
        return new(write with { Schema = schema }, stored, NextStageName());
    }

    // The note does not say whose child a table is. Children are never marked as deleted, and so have no column for it.
    private static TableWrite? NotedWrite(StoredTable stored) =>
        stored.Note?.Write is { DeleteMode: DeleteMode.Soft } write && !stored.SystemColumns.Contains(SystemColumns.DeletedAt)
            ? write with { DeleteMode = DeleteMode.Hard }
            : stored.Note?.Write;
}
