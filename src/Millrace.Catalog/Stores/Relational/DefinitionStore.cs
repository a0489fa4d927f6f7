using System.Collections.Immutable;
using Millrace.Catalog.Connections;
using Millrace.Catalog.Jobs;
using Millrace.Core.Config.Options;
using Millrace.Core.Errors;

namespace Millrace.Catalog.Stores.Relational;

internal sealed class DefinitionStore(CatalogSession session) : IDefinitionStore
{
    public ValueTask<Definitions> ReadAsync(CancellationToken cancellationToken) => session.ReadAsync(ReadAsync, cancellationToken);

    public ValueTask<AppliedVersion> ApplyAsync(
        Definitions desired, long expectedVersion, string appliedBy, CancellationToken cancellationToken) =>
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

    private static async ValueTask<Definitions> ReadAsync(CatalogTransaction transaction) => new(
        await transaction.NumberAsync("SELECT max(version) FROM metadata.definition_versions").ConfigureAwait(false),
        [
            .. await transaction.QueryAsync(
                """
                SELECT "name", "type", "definition" FROM metadata.connections WHERE removed_version IS NULL ORDER BY "name"
                """,
                row => new CatalogConnection(row.Text(0), row.Text(1), row.Text(2))).ConfigureAwait(false),
        ],
        [
            .. await transaction.QueryAsync(
                """
                SELECT "name", "enabled", "definition" FROM metadata.jobs WHERE removed_version IS NULL ORDER BY "name"
                """,
                row => new CatalogJob(row.Text(0), row.Bool(1), row.Text(2))).ConfigureAwait(false),
        ],
        [
            .. await transaction.QueryAsync(
                """
                SELECT "task_key", "job_name", "name", "step", "position", "enabled", "definition"
                FROM metadata.tasks
                WHERE removed_version IS NULL
                ORDER BY "job_name", "position"
                """,
                row => new CatalogTask(row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Int(4), row.Bool(5), row.Text(6)))
                .ConfigureAwait(false),
        ]);

    private static async ValueTask<AppliedVersion> ApplyAsync(
        CatalogTransaction transaction, Definitions desired, long expectedVersion, string appliedBy)
    {
        await transaction.LockAsync("definitions").ConfigureAwait(false);
        Definitions current = await ReadAsync(transaction).ConfigureAwait(false);
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
        var changed = changes.Where(c => c.Type != ChangeType.Removed).Select(c => (c.Subject, c.Name)).ToHashSet();
        await WriteAsync(transaction, version, desired, changed).ConfigureAwait(false);
        foreach (DefinitionChange removed in changes.Where(c => c.Type == ChangeType.Removed))
        {
            await RemoveAsync(transaction, version, removed).ConfigureAwait(false);
        }

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
        CatalogTransaction transaction, long version, Definitions desired, HashSet<(string, string)> changed)
    {
        foreach (CatalogConnection connection in desired.Connections.Where(c => changed.Contains(("connection", c.Name))))
        {
            await WriteAsync(transaction, connection, version).ConfigureAwait(false);
        }

        foreach (CatalogJob job in desired.Jobs.Where(j => changed.Contains(("job", j.Name))))
        {
            await WriteAsync(transaction, job, version).ConfigureAwait(false);
        }

        foreach (CatalogTask task in desired.Tasks.Where(t => changed.Contains(("task", t.Key))))
        {
            await WriteAsync(transaction, task, version).ConfigureAwait(false);
        }
    }

    // What was there once, removed or not, keeps its row; the lock on definitions keeps others from adding it in between.
    private static ValueTask WriteAsync(CatalogTransaction transaction, CatalogConnection connection, long version) => UpdateOrInsertAsync(
        transaction,
        """
        UPDATE metadata.connections
        SET "type" = @type, "definition" = @definition, changed_version = @version, removed_version = NULL
        WHERE "name" = @name
        """,
        """
        INSERT INTO metadata.connections ("name", "type", "definition", added_version, changed_version)
        VALUES (@name, @type, @definition, @version, @version)
        """,
        ("@name", connection.Name), ("@type", connection.Type), ("@definition", connection.Definition), ("@version", version));

    private static ValueTask WriteAsync(CatalogTransaction transaction, CatalogJob job, long version) => UpdateOrInsertAsync(
        transaction,
        """
        UPDATE metadata.jobs
        SET "definition" = @definition, "enabled" = @enabled, changed_version = @version, removed_version = NULL
        WHERE "name" = @name
        """,
        """
        INSERT INTO metadata.jobs ("name", "definition", "enabled", added_version, changed_version)
        VALUES (@name, @definition, @enabled, @version, @version)
        """,
        ("@name", job.Name), ("@definition", job.Definition), ("@enabled", job.Enabled), ("@version", version));

    private static ValueTask WriteAsync(CatalogTransaction transaction, CatalogTask task, long version) => UpdateOrInsertAsync(
        transaction,
        """
        UPDATE metadata.tasks
        SET job_name = @job, "name" = @name, "step" = @step, "position" = @position, "enabled" = @enabled, "definition" = @definition,
            changed_version = @version, removed_version = NULL
        WHERE task_key = @key
        """,
        """
        INSERT INTO metadata.tasks (task_key, job_name, "name", "step", "position", "enabled", "definition", added_version, changed_version)
        VALUES (@key, @job, @name, @step, @position, @enabled, @definition, @version, @version)
        """,
        ("@key", task.Key), ("@job", task.Job), ("@name", task.Name), ("@step", task.Step), ("@position", task.Position),
        ("@enabled", task.Enabled), ("@definition", task.Definition), ("@version", version));

    private static async ValueTask UpdateOrInsertAsync(
        CatalogTransaction transaction, string update, string insert, params (string Name, object? Value)[] values)
    {
        if (await transaction.ExecuteAsync(update, values).ConfigureAwait(false) == 0)
        {
            await transaction.ExecuteAsync(insert, values).ConfigureAwait(false);
        }
    }

    private static async ValueTask RemoveAsync(CatalogTransaction transaction, long version, DefinitionChange removed) =>
        await transaction.ExecuteAsync(
            removed.Subject switch
            {
                "connection" => "UPDATE metadata.connections SET removed_version = @version WHERE name = @name",
                "job" => "UPDATE metadata.jobs SET removed_version = @version WHERE name = @name",
                _ => "UPDATE metadata.tasks SET removed_version = @version WHERE task_key = @name",
            },
            ("@version", version), ("@name", removed.Name)).ConfigureAwait(false);
}
