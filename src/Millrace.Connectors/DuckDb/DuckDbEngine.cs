using Millrace.Connectors.DuckDb.Native;
using Millrace.Connectors.DuckDb.Readers;
using Millrace.Connectors.Sql.Reading;
using Millrace.Connectors.Sql.Steps;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.DuckDb;

/// <summary>Reads a DuckDB file, which the process may write at the same time: both share the one open instance. Each statement sees the state in which it
/// begins.</summary>
/// <param name="options">The connection's settings, with full paths.</param>
/// <param name="connection">Its name.</param>
/// <param name="time">The clock.</param>
internal sealed class DuckDbEngine(DuckDbOptions options, string connection, TimeProvider time) : RelationalEngine
{
    private const string Ours = "table_catalog = current_database() AND table_schema NOT IN ('information_schema', 'pg_catalog') AND table_name NOT LIKE '\\_millrace\\_%' ESCAPE '\\'";

    private static readonly DuckDbDialect Sql = DuckDbDialect.Instance;

    private DuckDbFile? _file;
    private DuckDbConnection? _connection;
    private bool _hasQuery;
    private string?[] _values = [];

    /// <inheritdoc/>
    public override RelationalDialect Dialect => DuckDbReadDialect.Instance;

    /// <inheritdoc/>
    public override async ValueTask<Relation> DescribeTableAsync(string dataset, CancellationToken cancellationToken)
    {
        DuckDbConnection open = await OpenFileAsync(cancellationToken).ConfigureAwait(false);
        TableId wanted = TableId.Parse(dataset);
        wanted = wanted.Schema.Length > 0 ? wanted : wanted with { Schema = options.Schema };
        using DuckDbResult found = open.Query(
            $"""
            SELECT table_schema, table_name FROM information_schema.tables
            WHERE table_catalog = current_database()
              AND lower(table_schema) = lower({Sql.Literal(wanted.Schema)}) AND lower(table_name) = lower({Sql.Literal(wanted.Name)})
            """,
            cancellationToken);
        return found.Read()
            ? Describe(open, dataset, new(found.GetString(0), found.GetString(1)), cancellationToken)
            : throw NotFound(open, dataset, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask<Relation> DescribeQueryAsync(string dataset, SourceQuery query, CancellationToken cancellationToken)
    {
        DuckDbConnection open = await OpenFileAsync(cancellationToken).ConfigureAwait(false);
        ScriptStatement statement = query.Parse(Dialect.Syntax);
        string from = $"(\n{statement.Text}\n) AS q";
        _hasQuery = true;
        _values = [.. statement.Parameters.Select(p => query.Values.First(v => v.Name == p).Text)];
        return Guard(() => new Relation(dataset, from, Columns(open, from, _values, cancellationToken), []));
    }

    /// <inheritdoc/>
    public override async ValueTask<IReadOnlyList<DatasetInfo>> ListAsync(CancellationToken cancellationToken)
    {
        DuckDbConnection open = await OpenFileAsync(cancellationToken).ConfigureAwait(false);
        List<DatasetInfo> all = [];
        foreach (TableId table in Tables(open, cancellationToken))
        {
            string name = NameOf(table);
            all.Add(InfoOf(open, name, table, cancellationToken));
        }

        return all;
    }

    /// <summary>Rows are counted, which DuckDB does fast; of a query nothing is known before it runs.</summary>
    public override async ValueTask<Estimate> EstimateAsync(Relation relation, IReadOnlyList<string> conditions, CancellationToken cancellationToken)
    {
        if (_hasQuery)
            return Estimate.Unknown;
        long rows = await NumberAsync($"SELECT count(*) FROM {relation.From}{RelationalDialect.Where(conditions)}", cancellationToken).ConfigureAwait(false);
        return new(rows, Certainty.Exact, 0, Certainty.Unknown);
    }

    /// <inheritdoc/>
    public override async ValueTask<long> NumberAsync(string sql, CancellationToken cancellationToken)
    {
        DuckDbConnection open = await OpenFileAsync(cancellationToken).ConfigureAwait(false);
        return await Task.Run(
            () => Guard(() =>
            {
                using DuckDbResult result = open.Query(sql, _values, cancellationToken);
                result.Read();
                return result.GetInt64(0);
            }),
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<RowStream> OpenAsync(string sql, BatchColumns columns, CancellationToken cancellationToken)
    {
        DuckDbConnection reader = _file!.Connect();
        try
        {
            DuckDbStream stream = await Task.Run(() => Guard(() => reader.Stream(sql, _values, cancellationToken)), cancellationToken).ConfigureAwait(false);
            return new ChunkRowStream(reader, stream, columns);
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _connection?.Dispose();
        _connection = null;
        if (_file is not null)
            await _file.DisposeAsync().ConfigureAwait(false);
        _file = null;
    }

    private async ValueTask<DuckDbConnection> OpenFileAsync(CancellationToken cancellationToken)
    {
        if (_connection is not null)
            return _connection;
        if (!File.Exists(options.Path))
        {
            throw new MillraceException(
                ErrorCodes.DuckDbCannotOpen,
                $"Connection {connection}: there is no DuckDB file {options.Path} to read.",
                "Check the path; a source makes no file.",
                $"connections.{connection}.path");
        }

        _file = await DuckDbFile.OpenAsync(options, time, cancellationToken).ConfigureAwait(false);
        return _connection = _file.Connect();
    }

    private static Relation Describe(DuckDbConnection open, string dataset, TableId table, CancellationToken ct)
    {
        List<string> key = [];
        HashSet<string> notNull = new(StringComparer.Ordinal);
        using DuckDbResult constraints = open.Query(
            $"""
            SELECT constraint_type, unnest(constraint_column_names) FROM duckdb_constraints()
            WHERE database_name = current_database() AND schema_name = {Sql.Literal(table.Schema)} AND table_name = {Sql.Literal(table.Name)}
              AND constraint_type IN ('PRIMARY KEY', 'NOT NULL')
            """,
            ct);
        while (constraints.Read())
        {
            notNull.Add(constraints.GetString(1));
            if (constraints.GetString(0) == "PRIMARY KEY")
                key.Add(constraints.GetString(1));
        }

        return new(dataset, Sql.Quote(table), Columns(open, Sql.Quote(table), [], ct, notNull), [.. key]);
    }

    private static System.Collections.Immutable.ImmutableArray<RelationColumn> Columns(
        DuckDbConnection open, string from, string?[] values, CancellationToken ct, HashSet<string>? notNull = null)
    {
        using DuckDbStream none = open.Stream($"SELECT * FROM {from} LIMIT 0", values, ct);
        return [.. none.Types.Select((type, i) => DuckDbReadTypes.Column(none.Name(i), type, none.Alias(i), notNull?.Contains(none.Name(i)) != true))];
    }

    private static DatasetInfo InfoOf(DuckDbConnection open, string name, TableId table, CancellationToken ct)
    {
        try
        {
            Relation relation = Describe(open, name, table, ct);
            using DuckDbResult rows = open.Query($"SELECT estimated_size FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = {Sql.Literal(table.Schema)} AND table_name = {Sql.Literal(table.Name)}", ct);
            Estimate waiting = rows.Read() ? new(rows.GetInt64(0), Certainty.Estimated, 0, Certainty.Unknown) : Estimate.Unknown;
            return new(name, waiting, [ReplicationMethod.FullRefresh, ReplicationMethod.Incremental], relation.Schema);
        }
        catch (MillraceException error) when (error.Code == ErrorCodes.DuckDbStatement)
        {
            // A view whose tables are gone.
            return new(name, Estimate.Unknown, [], new(TableId.Parse(name), [], []), error.Message);
        }
    }

    private static List<TableId> Tables(DuckDbConnection open, CancellationToken ct)
    {
        List<TableId> tables = [];
        using DuckDbResult rows = open.Query($"SELECT table_schema, table_name FROM information_schema.tables WHERE {Ours} ORDER BY 1, 2", ct);
        while (rows.Read())
            tables.Add(new(rows.GetString(0), rows.GetString(1)));
        return tables;
    }

    private string NameOf(TableId table) =>
        string.Equals(table.Schema, options.Schema, StringComparison.OrdinalIgnoreCase) ? table.Name : table.ToString();

    private MillraceException NotFound(DuckDbConnection open, string dataset, CancellationToken ct)
    {
        string suggestion = Suggestion.For(dataset, Tables(open, ct).Select(NameOf));
        return new(
            ErrorCodes.DatasetNotFound,
            $"Connection {connection}: there is no table or view {dataset}{(dataset.Contains('.', StringComparison.Ordinal) ? "" : $" in schema {options.Schema}")}.",
            suggestion.StartsWith("Did", StringComparison.Ordinal) ? suggestion : "`millrace discover` lists what there is; a table of another schema is written schema.table.",
            "source.dataset");
    }

    // What was described can be read, so what DuckDB refuses is the user's own SQL.
    private T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (MillraceException error) when (error.Code == ErrorCodes.DuckDbStatement || error.Code == ErrorCodes.DuckDbValue)
        {
            string setting = _hasQuery ? "query" : "filter";
            throw new MillraceException(
                ErrorCodes.SourceQueryFailed, $"The {setting} cannot be run. {error.Message}", "The message is DuckDB's own; column names stand in it as the table has them.", $"source.{setting}", inner: error);
        }
    }
}
