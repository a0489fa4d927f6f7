using System.Collections.Immutable;
using Millrace.Catalog.Connections;
using Millrace.Catalog.Jobs;
using Millrace.Core.Config.Options;
using Millrace.Core.Errors;

namespace Millrace.Catalog.Stores.Sqlite;

internal sealed class SqliteDefinitionStore(SqliteSession session) : IDefinitionStore
{
    public ValueTask<Definitions> ReadAsync(CancellationToken cancellationToken) => session.ReadAsync(Read, cancellationToken);

    public ValueTask<AppliedVersion> ApplyAsync(
        Definitions desired, long expectedVersion, string appliedBy, CancellationToken cancellationToken) =>
        session.WriteAsync(s => Apply(s, desired, expectedVersion, appliedBy), cancellationToken);

    public async ValueTask<IReadOnlyList<DefinitionVersion>> VersionsAsync(int limit, CancellationToken cancellationToken) =>
        await session.ReadAsync(
            s => s.Query(
                """
                SELECT v.version, v.applied_at, v.applied_by, (SELECT count(*) FROM definition_changes c WHERE c.version = v.version)
                FROM definition_versions v
                ORDER BY v.version DESC
                LIMIT @limit
                """,
                row => new DefinitionVersion(row.GetInt64(0), SqliteSession.Parse(row.GetString(1)), row.GetString(2), row.GetInt32(3)),
                ("@limit", limit)),
            cancellationToken).ConfigureAwait(false);

    private static Definitions Read(SqliteSession s) => new(
        s.Number("SELECT max(version) FROM definition_versions"),
        [
            .. s.Query(
                "SELECT name, type, definition FROM connections WHERE removed_version IS NULL ORDER BY name",
                row => new CatalogConnection(row.GetString(0), row.GetString(1), row.GetString(2))),
        ],
        [
            .. s.Query(
                "SELECT name, enabled, definition FROM jobs WHERE removed_version IS NULL ORDER BY name",
                row => new CatalogJob(row.GetString(0), row.GetBoolean(1), row.GetString(2))),
        ],
        [
            .. s.Query(
                """
                SELECT task_key, job_name, name, step, position, enabled, definition
                FROM tasks
                WHERE removed_version IS NULL
                ORDER BY job_name, position
                """,
                row => new CatalogTask(
                    row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt32(4), row.GetBoolean(5), row.GetString(6))),
        ]);

    private static AppliedVersion Apply(SqliteSession s, Definitions desired, long expectedVersion, string appliedBy)
    {
        Definitions current = Read(s);
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
        s.Execute(
            "INSERT INTO definition_versions (version, applied_at, applied_by) VALUES (@version, @at, @by)",
            ("@version", version), ("@at", SqliteSession.Text(s.Now)), ("@by", appliedBy));
        Record(s, version, changes);
        var changed = changes.Where(c => c.Type != ChangeType.Removed).Select(c => (c.Subject, c.Name)).ToHashSet();
        Write(s, version, desired, changed);
        foreach (DefinitionChange removed in changes.Where(c => c.Type == ChangeType.Removed))
        {
            Remove(s, version, removed);
        }

        return new(version, changes);
    }

    private static void Record(SqliteSession s, long version, ImmutableArray<DefinitionChange> changes)
    {
        int sequence = 0;
        foreach (DefinitionChange change in changes)
        {
            foreach (FieldChange field in change.Fields)
            {
                s.Execute(
                    """
                    INSERT INTO definition_changes (version, sequence, change, subject, name, field, before, after)
                    VALUES (@version, @sequence, @change, @subject, @name, @field, @before, @after)
                    """,
                    ("@version", version), ("@sequence", ++sequence), ("@change", SnakeCase.Of(change.Type)), ("@subject", change.Subject),
                    ("@name", change.Name), ("@field", field.Field), ("@before", field.Before), ("@after", field.After));
            }
        }
    }

    private static void Write(SqliteSession s, long version, Definitions desired, HashSet<(string, string)> changed)
    {
        foreach (CatalogConnection connection in desired.Connections.Where(c => changed.Contains(("connection", c.Name))))
        {
            s.Execute(
                """
                INSERT INTO connections (name, type, definition, added_version, changed_version)
                VALUES (@name, @type, @definition, @version, @version)
                ON CONFLICT (name) DO UPDATE
                SET type = excluded.type, definition = excluded.definition, changed_version = excluded.changed_version, removed_version = NULL
                """,
                ("@name", connection.Name), ("@type", connection.Type), ("@definition", connection.Definition), ("@version", version));
        }

        foreach (CatalogJob job in desired.Jobs.Where(j => changed.Contains(("job", j.Name))))
        {
            s.Execute(
                """
                INSERT INTO jobs (name, definition, enabled, added_version, changed_version)
                VALUES (@name, @definition, @enabled, @version, @version)
                ON CONFLICT (name) DO UPDATE
                SET definition = excluded.definition, enabled = excluded.enabled, changed_version = excluded.changed_version, removed_version = NULL
                """,
                ("@name", job.Name), ("@definition", job.Definition), ("@enabled", job.Enabled), ("@version", version));
        }

        foreach (CatalogTask task in desired.Tasks.Where(t => changed.Contains(("task", t.Key))))
        {
            s.Execute(
                """
                INSERT INTO tasks (task_key, job_name, name, step, position, enabled, definition, added_version, changed_version)
                VALUES (@key, @job, @name, @step, @position, @enabled, @definition, @version, @version)
                ON CONFLICT (task_key) DO UPDATE
                SET job_name = excluded.job_name, name = excluded.name, step = excluded.step, position = excluded.position,
                    enabled = excluded.enabled, definition = excluded.definition,
                    changed_version = excluded.changed_version, removed_version = NULL
                """,
                ("@key", task.Key), ("@job", task.Job), ("@name", task.Name), ("@step", task.Step), ("@position", task.Position),
                ("@enabled", task.Enabled), ("@definition", task.Definition), ("@version", version));
        }
    }

    private static void Remove(SqliteSession s, long version, DefinitionChange removed) => s.Execute(
        removed.Subject switch
        {
            "connection" => "UPDATE connections SET removed_version = @version WHERE name = @name",
            "job" => "UPDATE jobs SET removed_version = @version WHERE name = @name",
            _ => "UPDATE tasks SET removed_version = @version WHERE task_key = @name",
        },
        ("@version", version), ("@name", removed.Name));
}
