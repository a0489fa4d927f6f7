using System.Globalization;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.PostgreSql;

/// <summary>Asks the server what its tables and queries look like.</summary>
/// <param name="channel">A connection.</param>
/// <param name="schema">The schema of tables that name none.</param>
/// <param name="connection">The connection's name in the project.</param>
internal sealed class PostgreSqlCatalog(PostgreSqlChannel channel, string schema, string connection)
{
    private static readonly PostgreSqlDialect Sql = PostgreSqlDialect.Instance;

    private const int MostScale = 1000;
    private const int ScaleRange = 2048;

    // Tables, partitioned and foreign ones, views; without the system's and Millrace's own.
    private const string Readable =
        """
        c.relkind IN ('r', 'p', 'v', 'm', 'f')
          AND n.nspname !~ '^pg_(catalog|toast|temp)' AND n.nspname <> 'information_schema'
          AND c.relname NOT LIKE '\_millrace\_%' AND NOT c.relispartition
        """;

    /// <summary>A table or view.</summary>
    public async ValueTask<Relation> TableAsync(string dataset, CancellationToken cancellationToken)
    {
        TableId table = await FindAsync(dataset, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            ColumnsQuery($"n.nspname = {Sql.Literal(table.Schema)} AND c.relname = {Sql.Literal(table.Name)}"), cancellationToken).ConfigureAwait(false);
        return new(dataset, Sql.Quote(table), [.. rows.Select(ColumnOf)], KeyOf(rows));
    }

    /// <summary>A query.</summary>
    /// <param name="dataset">Its name in the task.</param>
    /// <param name="from">The query as it stands after FROM.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async ValueTask<Relation> QueryAsync(string dataset, string from, CancellationToken cancellationToken)
    {
        IReadOnlyList<(string Name, uint Type, string Display)> columns =
            await channel.ColumnsOfAsync($"SELECT * FROM {from} LIMIT 0", cancellationToken).ConfigureAwait(false);
        string numbers = string.Join(", ", columns.Select(c => c.Type.ToString(CultureInfo.InvariantCulture)).Distinct());
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"SELECT oid::text, typname::text, typtype::text, typcategory::text, format_type(oid, NULL) FROM pg_type WHERE oid IN ({numbers})",
            cancellationToken).ConfigureAwait(false);
        Dictionary<string, SqlRow> types = rows.ToDictionary(r => r.Text(0), StringComparer.Ordinal);
        return new(dataset, from, [.. columns.Select(c => OfQuery(c.Name, types[c.Type.ToString(CultureInfo.InvariantCulture)], c.Display))], []);
    }

    /// <summary>All that can be read.</summary>
    public async ValueTask<IReadOnlyList<DatasetInfo>> ListAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(ColumnsQuery(Readable), cancellationToken).ConfigureAwait(false);
        return [.. rows.GroupBy(r => new TableId(r.Text(0), r.Text(1))).Select(InfoOf)];
    }

    private DatasetInfo InfoOf(IGrouping<TableId, SqlRow> table)
    {
        SqlRow[] rows = [.. table];
        string name = table.Key.Schema == schema ? table.Key.Name : table.Key.ToString();
        var relation = new Relation(name, Sql.Quote(table.Key), [.. rows.Select(ColumnOf)], KeyOf(rows));

        // Never analysed: -1. A view has no statistics.
        long expected = rows[0].Long(9);
        Estimate waiting = expected >= 0 && rows[0].Text(11) != "v"
            ? new(expected, Certainty.Estimated, rows[0].Long(10), Certainty.Estimated)
            : Estimate.Unknown;
        string? note = rows[0].Bool(12) ? null : "the user may not read it";
        return new(name, waiting, [ReplicationMethod.FullRefresh, ReplicationMethod.Incremental], relation.Schema, note);
    }

    private async ValueTask<TableId> FindAsync(string dataset, CancellationToken cancellationToken)
    {
        TableId wanted = TableId.Parse(dataset);
        wanted = wanted.Schema.Length > 0 ? wanted : wanted with { Schema = schema };
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"""
            SELECT n.nspname::text, c.relname::text, has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
              AND lower(n.nspname) = lower({Sql.Literal(wanted.Schema)}) AND lower(c.relname) = lower({Sql.Literal(wanted.Name)})
            """,
            cancellationToken).ConfigureAwait(false);
        SqlRow[] found = [.. rows.Where(r => new TableId(r.Text(0), r.Text(1)) == wanted)];
        found = found.Length == 0 ? [.. rows] : found;
        if (found is not [{ } only])
        {
            throw await NotFoundAsync(dataset, cancellationToken).ConfigureAwait(false);
        }

        var table = new TableId(only.Text(0), only.Text(1));
        return only.Bool(2) ? table : throw new MillraceException(
            ErrorCodes.PermissionDenied, $"Connection {connection}: the user may not read {table}.", $"GRANT the user SELECT ON {Sql.Quote(table)}, and USAGE on its schema.", "source.dataset");
    }

    private async ValueTask<MillraceException> NotFoundAsync(string dataset, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> rows = await channel.QueryAsync(
            $"SELECT n.nspname::text, c.relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE {Readable} ORDER BY 1, 2 LIMIT 1000",
            cancellationToken).ConfigureAwait(false);
        string suggestion = Suggestion.For(dataset, rows.Select(r => r.Text(0) == schema ? r.Text(1) : new TableId(r.Text(0), r.Text(1)).ToString()));
        return new(
            ErrorCodes.DatasetNotFound,
            $"Connection {connection}: there is no table or view {dataset}{(dataset.Contains('.', StringComparison.Ordinal) ? "" : $" in schema {schema}")}.",
            suggestion.StartsWith("Did", StringComparison.Ordinal) ? suggestion : "`millrace discover` lists what there is; a table of another schema is written schema.table.",
            "source.dataset");
    }

    // A domain's values are of the type under it, whose modifier is the domain's.
    private static string ColumnsQuery(string where) =>
        $"""
        SELECT
          n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod),
          b.typname::text, b.typtype::text, b.typcategory::text,
          coalesce(substring(format_type(b.oid, b.typmod) FROM '\(([-0-9,]+)\)'), ''),
          NOT (a.attnotnull OR t.typnotnull),
          c.reltuples::bigint, pg_relation_size(c.oid), c.relkind::text,
          has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT'),
          coalesce(array_position(k.indkey::int2[], a.attnum), -1)
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type AS t ON t.oid = a.atttypid
        LEFT JOIN pg_index AS k ON k.indrelid = c.oid AND k.indisprimary
        CROSS JOIN LATERAL (
          WITH RECURSIVE under AS (
            SELECT t.oid, t.typname, t.typtype, t.typcategory, t.typbasetype, t.typtypmod, a.atttypmod AS typmod
            UNION ALL
            SELECT p.oid, p.typname, p.typtype, p.typcategory, p.typbasetype, p.typtypmod, under.typtypmod
            FROM under JOIN pg_type AS p ON p.oid = under.typbasetype
            WHERE under.typtype = 'd'
          )
          SELECT * FROM under WHERE typtype <> 'd'
        ) AS b
        WHERE {where}
        ORDER BY n.nspname, c.relname, a.attnum
        """;

    private static RelationColumn ColumnOf(SqlRow row) => PostgreSqlReadTypes.Column(
        row.Text(2), row.Text(3), row.Text(4), row.Text(5)[0], row.Text(6)[0], row.TextOrNull(7) ?? "", row.Bool(8));

    private static RelationColumn OfQuery(string name, SqlRow type, string display)
    {
        int open = display.IndexOf('(', StringComparison.Ordinal);
        string arguments = open < 0 || type.Text(1) != "numeric" ? "" : display[(open + 1)..].TrimEnd(')');
        string[] parts = arguments.Split(',');

        // A negative scale stands in eleven bits, whose sign the driver does not see; the greatest scale is 1000.
        if (parts.Length == 2 && int.Parse(parts[1], CultureInfo.InvariantCulture) is > MostScale and int scale)
        {
            arguments = string.Create(CultureInfo.InvariantCulture, $"{parts[0]},{scale - ScaleRange}");
        }

        return PostgreSqlReadTypes.Column(name, type.Text(4), type.Text(1), type.Text(2)[0], type.Text(3)[0], arguments, isNullable: true);
    }

    private static System.Collections.Immutable.ImmutableArray<string> KeyOf(IEnumerable<SqlRow> rows) =>
        [.. rows.Where(r => r.Int(13) >= 0).OrderBy(r => r.Int(13)).Select(r => r.Text(2))];
}
