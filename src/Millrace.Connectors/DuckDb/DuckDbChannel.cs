using System.Collections.Immutable;
using Millrace.Connectors.DuckDb.Native;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.DuckDb;

/// <summary>One connection to the file. DuckDB works in the calling thread, so statements run on the thread pool; a cancelled one is
/// interrupted.</summary>
internal sealed class DuckDbChannel : SqlChannel
{
    private readonly DuckDbConnection _connection;
    private readonly DuckDbFile _file;
    private readonly SemaphoreSlim _writer;
    private readonly bool _ownsFile;
    private bool _holdsWriter;
    private bool _inTransaction;

    /// <summary>Opens a channel on a file that stays the caller's and must outlive it.</summary>
    internal DuckDbChannel(DuckDbFile file)
        : this(file, ownsFile: false)
    {
    }

    private DuckDbChannel(DuckDbFile file, bool ownsFile)
    {
        _ownsFile = ownsFile;
        _file = file;
        _connection = file.Connect();
        _writer = file.Writer;
    }

    /// <summary>Opens a file and a channel on it; the file goes with the channel.</summary>
    internal static async ValueTask<SqlChannel> OpenAsync(DuckDbOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        DuckDbFile file = await DuckDbFile.OpenAsync(options, time, cancellationToken).ConfigureAwait(false);
        try
        {
            return new DuckDbChannel(file, ownsFile: true);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool InTransaction => _inTransaction;

    /// <summary>Never: there is no network, and after a fatal error every statement says so.</summary>
    public override bool IsBroken => false;

    /// <inheritdoc/>
    public override ValueTask<long> ExecuteAsync(string sql, CancellationToken cancellationToken) => ExecuteAsync(sql, [], cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<long> ExecuteAsync(string sql, IReadOnlyList<SqlParameterValue> values, CancellationToken cancellationToken)
    {
        string?[] texts = [.. values.Select(v => v.Text)];
        return await Task.Run(() => _connection.Execute(sql, texts, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<IReadOnlyList<SqlRow>> QueryAsync(string sql, CancellationToken cancellationToken) =>
        await Task.Run(() => ReadAll(sql, [], cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<IReadOnlyList<SqlRow>> QueryAsync(string sql, IReadOnlyList<SqlParameterValue> values, CancellationToken cancellationToken)
    {
        string?[] texts = [.. values.Select(v => v.Text)];
        return await Task.Run(() => ReadAll(sql, texts, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks for the one table first: <c>duckdb_columns()</c> makes a row of every column of the file before it chooses, which took
    /// seven times as long with seven tables. It is asked where there is no such table, which is not an error here.</summary>
    public override async ValueTask<IReadOnlyList<SqlRow>> ColumnsAsync(SqlDialect dialect, TableId table, CancellationToken cancellationToken)
    {
        try
        {
            string name = $"{dialect.Quote(DuckDbFile.Catalog)}.{dialect.Quote(table)}";
            return await QueryAsync($"SELECT name, type FROM pragma_table_info({dialect.Literal(name)})", cancellationToken).ConfigureAwait(false);
        }
        catch (MillraceException error) when (error.Code == ErrorCodes.DuckDbStatement)
        {
            return await base.ColumnsAsync(dialect, table, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync("BEGIN TRANSACTION", cancellationToken).ConfigureAwait(false);
        _inTransaction = true;
    }

    /// <inheritdoc/>
    public override async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync("COMMIT", cancellationToken).ConfigureAwait(false);
            _inTransaction = false;
        }
        finally
        {
            if (!_inTransaction)
                ReleaseWriter();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask RollbackAsync()
    {
        if (!_inTransaction)
            return;
        _inTransaction = false;
        try
        {
            await ExecuteAsync("ROLLBACK", CancellationToken.None).ConfigureAwait(false);
        }
        catch (MillraceException)
        {
            // A commit that failed has ended the transaction already, and a database with a fatal error has none: either way
            // what was written is gone, which is all that a rollback promises.
        }
        finally
        {
            ReleaseWriter();
        }
    }

    /// <summary>Waits to be the one writer of this process; other processes cannot have the file. One lock serves every name, so
    /// that two transactions never wait for each other.</summary>
    public override async ValueTask LockAsync(string name, CancellationToken cancellationToken)
    {
        if (_holdsWriter)
            return;
        await _writer.WaitAsync(cancellationToken).ConfigureAwait(false);
        _holdsWriter = true;
    }

    /// <inheritdoc/>
    // No other process has the file open, and no other channel of this one writes meanwhile.
    public override ValueTask HoldAsync(string name, CancellationToken cancellationToken) => LockAsync(name, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<BulkWriter> OpenWriterAsync(
        string table, ImmutableArray<BulkColumn> columns, CancellationToken cancellationToken)
    {
        string[] parts = DuckDbIdentifier.Split(table);
        (string? catalog, string? schema) = parts.Length == 1 ? ("temp", null) : (DuckDbFile.Catalog, parts[^2]);
        DuckDbAppender appender = _connection.Append(catalog, schema, parts[^1], [.. columns.Select(static c => c.Name)]);
        return new(new DuckDbBulkWriter(appender, columns, rows => _file.CountWritten(_connection, rows)));
    }

    /// <inheritdoc/>
    public override ValueTask<bool> TryUniqueAsync(string sql, CancellationToken cancellationToken) =>
        throw new NotSupportedException("DuckDB has no savepoints, and no key index stands behind its tables.");

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await RollbackAsync().ConfigureAwait(false);
        ReleaseWriter();
        _connection.Dispose();
        if (_ownsFile)
            await _file.DisposeAsync().ConfigureAwait(false);
    }

    private void ReleaseWriter()
    {
        if (!_holdsWriter)
            return;
        _holdsWriter = false;
        _writer.Release();
    }

    private List<SqlRow> ReadAll(string sql, string?[] bound, CancellationToken ct)
    {
        using DuckDbResult result = _connection.Query(sql, bound, ct);
        List<SqlRow> rows = [];
        while (result.Read())
        {
            object?[] values = new object?[result.Types.Count];
            for (int i = 0; i < values.Length; i++)
                values[i] = result.GetValue(i);
            rows.Add(new SqlRow(values));
        }

        return rows;
    }
}
