using System.Globalization;
using System.Text.Json;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.PostgreSql;

/// <summary>
/// Reads PostgreSQL. One connection holds a snapshot for the run, and every read is made in it: parallel readers, and the tables of one run, see one state.
/// </summary>
/// <param name="options">The connection's settings.</param>
/// <param name="connection">Its name.</param>
internal sealed class PostgreSqlEngine(PostgreSqlOptions options, string connection) : RelationalEngine
{
    private const string Begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

    private static readonly TimeSpan MostCancelTime = TimeSpan.FromSeconds(1);

    private const int Parts = 4;

    private PostgreSqlChannel? _holder;
    private PostgreSqlCatalog? _catalog;
    private BoundQuery? _query;
    private string _snapshot = "";

    /// <summary>A table that is expected to have fewer rows is read by one reader.</summary>
    public long LeastRowsToSplit { get; init; } = 200_000;

    /// <inheritdoc/>
    public override RelationalDialect Dialect => PostgreSqlReadDialect.Instance;

    /// <inheritdoc/>
    public override async ValueTask<Relation> DescribeTableAsync(string dataset, CancellationToken cancellationToken)
    {
        await HolderAsync(cancellationToken).ConfigureAwait(false);
        return await _catalog!.TableAsync(dataset, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<Relation> DescribeQueryAsync(string dataset, SourceQuery query, CancellationToken cancellationToken)
    {
        PostgreSqlChannel holder = await HolderAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _query = await BoundQuery.BindAsync(query, holder, cancellationToken).ConfigureAwait(false);
            await _query.SetAsync(holder, cancellationToken).ConfigureAwait(false);
            return await _catalog!.QueryAsync(dataset, $"(\n{_query.Text}\n) AS q", cancellationToken).ConfigureAwait(false);
        }
        catch (MillraceException error) when (error.Code == ErrorCodes.StatementFailed)
        {
            throw Refused(error, "query");
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<IReadOnlyList<DatasetInfo>> ListAsync(CancellationToken cancellationToken)
    {
        await HolderAsync(cancellationToken).ConfigureAwait(false);
        return await _catalog!.ListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the planner expects: rows by the table's statistics, bytes by the width of its columns.</summary>
    public override async ValueTask<Estimate> EstimateAsync(Relation relation, IReadOnlyList<string> conditions, CancellationToken cancellationToken)
    {
        string sql = $"EXPLAIN (FORMAT JSON) {Dialect.SelectFrom(relation, conditions, [])}";
        IReadOnlyList<SqlRow> rows = await AskAsync(sql, cancellationToken).ConfigureAwait(false);
        using var plan = JsonDocument.Parse(rows[0].Text(0));
        JsonElement top = plan.RootElement[0].GetProperty("Plan");
        long expected = (long)top.GetProperty("Plan Rows").GetDouble();
        return new(expected, Certainty.Estimated, expected * top.GetProperty("Plan Width").GetInt64(), Certainty.Estimated);
    }

    /// <inheritdoc/>
    public override async ValueTask<long> NumberAsync(string sql, CancellationToken cancellationToken) =>
        (await AskAsync(sql, cancellationToken).ConfigureAwait(false))[0].Long(0);

    /// <summary>Even stretches of a key of one integer; where keys are missing a part has fewer rows, and none is left out.</summary>
    public override async ValueTask<IReadOnlyList<string[]>> SplitAsync(
        Relation relation, IReadOnlyList<string> conditions, CancellationToken cancellationToken)
    {
        RelationColumn first = relation.Columns.First(c => c.Name == relation.Key[0]);
        bool isInteger = first.Type.Kind is TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64;
        if (relation.Key.Length > 1 || !isInteger
            || (await EstimateAsync(relation, conditions, cancellationToken).ConfigureAwait(false)).Rows < LeastRowsToSplit)
        {
            return [];
        }

        string key = Dialect.Sql.Quote(first.Name);
        SqlRow bounds = (await AskAsync($"SELECT min({key})::text, max({key})::text FROM {relation.From}", cancellationToken).ConfigureAwait(false))[0];
        if (bounds.TextOrNull(0) is not { } least)
        {
            return [];
        }

        var from = Int128.Parse(least, CultureInfo.InvariantCulture);
        Int128 step = (Int128.Parse(bounds.Text(1), CultureInfo.InvariantCulture) - from) / Parts;
        return step == 0 ? [] : [.. Enumerable.Range(1, Parts - 1).Select(i => new[] { (from + (step * i)).ToString(CultureInfo.InvariantCulture) })];
    }

    /// <inheritdoc/>
    public override async ValueTask<RowStream> OpenAsync(string sql, BatchColumns columns, CancellationToken cancellationToken)
    {
        PostgreSqlChannel channel = await PostgreSqlChannel.OpenAsync(options, connection, cancellationToken, readsMuch: true).ConfigureAwait(false);
        try
        {
            string snapshot = PostgreSqlDialect.Instance.Literal(_snapshot);
            await channel.ExecuteAsync($"{Begin}; SET TRANSACTION SNAPSHOT {snapshot}", cancellationToken).ConfigureAwait(false);
            if (_query is not null)
            {
                await _query.SetAsync(channel, cancellationToken).ConfigureAwait(false);
            }

            return await channel.OpenReaderAsync(sql, columns, CancelAsync, cancellationToken).ConfigureAwait(false);
        }
        catch (MillraceException error)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw Placed(error);
        }
        catch
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_holder is not null)
        {
            await _holder.DisposeAsync().ConfigureAwait(false);
            _holder = null;
        }
    }

    private async ValueTask CancelAsync(int process)
    {
        using var most = new CancellationTokenSource(MostCancelTime);
        PostgreSqlChannel channel = await PostgreSqlChannel.OpenAsync(options, connection, most.Token).ConfigureAwait(false);
        await using (channel.ConfigureAwait(false))
        {
            await channel.QueryAsync(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_cancel_backend({process})"), most.Token).ConfigureAwait(false);
        }
    }

    private async ValueTask<PostgreSqlChannel> HolderAsync(CancellationToken cancellationToken)
    {
        if (_holder is not null)
        {
            return _holder;
        }

        PostgreSqlChannel holder = await PostgreSqlChannel.OpenAsync(options, connection, cancellationToken).ConfigureAwait(false);
        try
        {
            await holder.ExecuteAsync(Begin, cancellationToken).ConfigureAwait(false);
            _snapshot = (await holder.QueryAsync("SELECT pg_export_snapshot()", cancellationToken).ConfigureAwait(false))[0].Text(0);
        }
        catch
        {
            await holder.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        _catalog = new(holder, options.Schema, connection);
        return _holder = holder;
    }

    private async ValueTask<IReadOnlyList<SqlRow>> AskAsync(string sql, CancellationToken cancellationToken)
    {
        PostgreSqlChannel holder = await HolderAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await holder.QueryAsync(sql, cancellationToken).ConfigureAwait(false);
        }
        catch (MillraceException error)
        {
            throw Placed(error);
        }
    }

    // What was described can be read, so what fails is the user's own SQL, or a right.
    private MillraceException Placed(MillraceException error) =>
        error.Code == ErrorCodes.StatementFailed ? Refused(error, _query is null ? "filter" : "query")
        : error.Code == ErrorCodes.PermissionDenied ? new(
            ErrorCodes.PermissionDenied, error.Message, "GRANT the user SELECT on the table, and USAGE on its schema.", error.ConfigPath, inner: error)
        : error;

    private static MillraceException Refused(MillraceException error, string setting) => new(
        ErrorCodes.SourceQueryFailed, $"The {setting} cannot be run. {error.Message}", "Try it in psql; column names stand in it as the table has them.", $"source.{setting}", inner: error);
}
