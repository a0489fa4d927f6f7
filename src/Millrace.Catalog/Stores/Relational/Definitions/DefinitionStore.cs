using System.Collections.Immutable;
using Millrace.Catalog.Jobs;
using Millrace.Core.Config.Options;
using Millrace.Core.Errors;

namespace Millrace.Catalog.Stores.Relational.Definitions;

internal sealed class DefinitionStore(CatalogSession session) : IDefinitionStore
{
    public ValueTask<Jobs.Definitions> ReadAsync(CancellationToken cancellationToken) => session.ReadAsync(DefinitionReader.ReadAsync, cancellationToken);

    public ValueTask<AppliedVersion> ApplyAsync(
        Jobs.Definitions desired, long expectedVersion, string appliedBy, CancellationToken cancellationToken) =>
        session.WriteAsync(transaction => ApplyAsync(transaction, desired, expectedVersion, appliedBy), cancellationToken);

    public async ValueTask<IReadOnlyList<DefinitionVersion>> VersionsAsync(int limit, CancellationToken cancellationToken) =>
        await session.ReadAsync(
            transaction => transaction.QueryAsync(
                $"""
                SELECT v.version, v.applied_at, v.applied_by,
                       (SELECT count(*) FROM metadata.definition_changes c WHERE c.version = v.version)
                FROM metadata.definition_versions v
                ORDER BY v.version DESC
                {transaction.Dialect.Limit}
                """,
                row => new DefinitionVersion(row.Long(0), row.Time(1), row.Text(2), row.Int(3)),
                ("@limit", limit)),
            cancellationToken).ConfigureAwait(false);

    private static async ValueTask<AppliedVersion> ApplyAsync(
        CatalogTransaction transaction, Jobs.Definitions desired, long expectedVersion, string appliedBy)
    {
        await transaction.LockAsync("definitions").ConfigureAwait(false);
        Jobs.Definitions current = await DefinitionReader.ReadAsync(transaction).ConfigureAwait(false);
        if (current.Version != expectedVersion)
        {
            throw new MillraceException(ErrorCodes.DefinitionsMoved,
                $"The catalog is at version {current.Version}, not at {expectedVersion} as it was when the project was compared with it.",
                "Run 'millrace diff' again, and then apply.", isTransient: true);
        }

        ImmutableArray<DefinitionChange> changes = DefinitionDiff.Between(current, desired);
        if (changes.IsEmpty)
        {
            return new(current.Version, []);
        }

        long version = current.Version + 1;
        await transaction.ExecuteAsync(
            "INSERT INTO metadata.definition_versions (version, applied_at, applied_by) VALUES (@version, @at, @by)",
            ("@version", version), ("@at", await transaction.NowAsync().ConfigureAwait(false)), ("@by", appliedBy)).ConfigureAwait(false);
        await RecordAsync(transaction, version, changes).ConfigureAwait(false);
        await WriteAsync(transaction, VersionStamp.Of(version), desired, changes).ConfigureAwait(false);
        return new(version, changes);
    }

    private static async ValueTask RecordAsync(CatalogTransaction transaction, long version, ImmutableArray<DefinitionChange> changes)
    {
        int sequence = 0;
        foreach (DefinitionChange change in changes)
        {
            foreach (FieldChange field in change.Fields)
            {
                await transaction.ExecuteAsync(
                    """
                    INSERT INTO metadata.definition_changes ("version", "sequence", "change", "subject", "name", "field", "before", "after")
                    VALUES (@version, @sequence, @change, @subject, @name, @field, @before, @after)
                    """,
                    ("@version", version), ("@sequence", ++sequence), ("@change", SnakeCase.Of(change.Type)), ("@subject", change.Subject),
                    ("@name", change.Name), ("@field", field.Field), ("@before", field.Before), ("@after", field.After)).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask WriteAsync(
        CatalogTransaction transaction, VersionStamp stamp, Jobs.Definitions desired, ImmutableArray<DefinitionChange> changes)
    {
        var writer = new DefinitionWriter(transaction, stamp);
        var tasks = new TaskWriter(transaction, stamp);
        foreach (DefinitionChange removed in changes.Where(c => c.Type == ChangeType.Removed))
        {
            await writer.RemoveAsync(removed).ConfigureAwait(false);
        }

        var changed = changes.Where(c => c.Type != ChangeType.Removed).Select(c => (c.Subject, c.Name)).ToHashSet();
        CatalogJob[] jobs = [.. desired.Jobs.Where(j => changed.Contains(("job", j.Name)))];
        CatalogTask[] changedTasks = [.. desired.Tasks.Where(t => changed.Contains(("task", t.Key)))];
        foreach (var connection in desired.Connections.Where(c => changed.Contains(("connection", c.Name))))
        {
            await writer.WriteAsync(connection).ConfigureAwait(false);
        }

        foreach (CatalogJob job in jobs)
        {
            await writer.WriteAsync(job).ConfigureAwait(false);
        }

        foreach (CatalogJob job in jobs)
        {
            await writer.WriteSuccessorsAsync(job).ConfigureAwait(false);
        }

        await tasks.ParkAsync(changedTasks).ConfigureAwait(false);
        foreach (CatalogTask task in changedTasks)
        {
            await tasks.WriteAsync(task).ConfigureAwait(false);
        }

        await writer.RemoveUnusedAsync().ConfigureAwait(false);
    }
}
