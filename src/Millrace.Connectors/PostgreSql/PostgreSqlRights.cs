using Millrace.Connectors.Sql;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.PostgreSql;

/// <summary>Asks the server's catalog what the user may do. Nothing is made and nothing is locked.</summary>
/// <param name="channel">A connection.</param>
/// <param name="connection">Its name in the project.</param>
internal sealed class PostgreSqlRights(SqlChannel channel, string connection)
{
    private static readonly PostgreSqlDialect Dialect = PostgreSqlDialect.Instance;

    /// <summary>Whether tables can be made in a schema; one that is not there would be made first.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="setting">The setting that names it, under the connection; null where a task does.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async ValueTask<CheckFinding> CreateTablesAsync(string schema, string? setting, CancellationToken cancellationToken)
    {
        string literal = Dialect.Literal(schema);
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"""
            SELECT
              EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = {literal}),
              CASE
                WHEN EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = {literal})
                  THEN has_schema_privilege({literal}, 'CREATE') AND has_schema_privilege({literal}, 'USAGE')
                ELSE has_database_privilege(current_database(), 'CREATE')
              END
            """,
            cancellationToken).ConfigureAwait(false);
        (bool isThere, bool may) = (rows[0].Bool(0), rows[0].Bool(1));
        string fix = isThere
            ? $"GRANT CREATE, USAGE ON SCHEMA {Dialect.Quote(schema)} TO the user, or name another schema."
            : $"CREATE SCHEMA {Dialect.Quote(schema)} AUTHORIZATION the user, or GRANT CREATE ON DATABASE TO the user, or name another schema.";
        return Finding(
            $"create tables in schema {schema}",
            may ? null : $"the user may not create {(isThere ? "tables in schema" : "the schema")} {schema}",
            fix,
            setting);
    }

    /// <summary>Whether loads can be staged.</summary>
    public async ValueTask<CheckFinding> StageAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            "SELECT has_database_privilege(current_database(), 'TEMPORARY')", cancellationToken).ConfigureAwait(false);
        return Finding(
            "create temporary tables",
            rows[0].Bool(0) ? null : "the user may not create temporary tables, in which loads are staged",
            "GRANT TEMPORARY ON DATABASE TO the user.");
    }

    /// <summary>Whether those of some tables that are there already can be written.</summary>
    /// <param name="tables">The tables, their schemas resolved.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async ValueTask<CheckFinding> WriteAsync(IEnumerable<WriteTarget> tables, CancellationToken cancellationToken)
    {
        List<string> lacking = [];
        foreach (IGrouping<bool, WriteTarget> same in tables.GroupBy(t => t.Disposition == WriteDisposition.Append))
        {
            string[] rights = same.Key ? ["SELECT", "INSERT"] : ["SELECT", "INSERT", "UPDATE", "DELETE"];
            IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
                $"""
                SELECT n.nspname::text, c.relname::text
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p')
                  AND (n.nspname, c.relname) IN ({string.Join(", ", same.Select(t => $"({Dialect.Literal(t.Table.Schema)}, {Dialect.Literal(t.Table.Name)})"))})
                  AND NOT ({string.Join(" AND ", rights.Select(r => $"has_table_privilege(c.oid, '{r}')"))})
                ORDER BY 1, 2
                """,
                cancellationToken).ConfigureAwait(false);
            lacking.AddRange(rows.Select(r => $"{new TableId(r.Text(0), r.Text(1))} ({string.Join(", ", rights)})"));
        }

        return Finding(
            "write the tables that are there",
            lacking.Count == 0 ? null : $"the user lacks rights on {string.Join("; ", lacking)}",
            "GRANT the user the rights that are named, or let it own the tables: it also adds columns to them.");
    }

    private CheckFinding Finding(string what, string? problem, string fix, string? setting = null) => new(
        what,
        problem is null ? null : new MillraceException(
            ErrorCodes.PermissionDenied, $"Connection {connection}: {problem}.", fix, setting is null ? $"connections.{connection}" : $"connections.{connection}.{setting}"));
}
