using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Microsoft.Data.SqlClient;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Schemas;
using Millrace.SqlServer;

namespace Millrace.Connectors.SqlServer.Bulk;

/// <summary>
/// A bulk copy under way. SqlBulkCopy pulls rows until there are no more, so it runs beside the caller and is handed one batch at a time; a call
/// returns when its batch is read, and no batch is kept. It begins with the first row: a stream without rows never reaches the server.
/// </summary>
internal sealed class BulkCopyWriter : BulkWriter
{
    private readonly SqlConnection _connection;
    private readonly SqlTransaction? _transaction;
    private readonly string _table;
    private readonly ImmutableArray<BulkColumn> _columns;
    private readonly SqlServerOptions _options;
    private readonly SqlServerErrors _errors;
    private readonly BatchReader _reader;
    private readonly LogicalType?[] _batchTypes;
    private readonly CancellationTokenSource _stop = new();
    private Task? _copy;

    /// <summary>Prepares a bulk copy into a table, which must be quoted.</summary>
    public BulkCopyWriter(
        SqlConnection connection, SqlTransaction? transaction, string table, ImmutableArray<BulkColumn> columns, SqlServerOptions options, SqlServerErrors errors)
    {
        _connection = connection;
        _transaction = transaction;
        _table = table;
        _columns = columns;
        _options = options;
        _errors = errors;
        _reader = new([.. columns.Select(c => c.Name)]);
        _batchTypes = new LogicalType?[columns.Length];
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(BulkRows rows, CancellationToken cancellationToken)
    {
        Bind(rows);
        if (_reader.Choose(rows, _columns) == 0)
        {
            return;
        }

        _copy ??= CopyAsync();
        Task read = _reader.Offer();
        try
        {
            await Task.WhenAny(read, _copy).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The batch goes back to its owner: nothing may read it from here on.
            await StopAsync().ConfigureAwait(false);
            throw;
        }

        if (!read.IsCompleted)
        {
            await EndAsync(cancellationToken).ConfigureAwait(false);
            throw new InvalidOperationException("The bulk copy ended before its rows.");
        }
    }

    /// <inheritdoc/>
    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_copy is not null)
        {
            _reader.End();
            await EndAsync(cancellationToken).ConfigureAwait(false);
            _copy = null;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _reader.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Bind(BulkRows rows)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            LogicalType? type = null;
            if (_columns[i].Value == BulkValue.Data && rows.BatchColumns[_columns[i].Index] is var index and >= 0)
            {
                type = rows.Batch.Columns[index].Type;
            }

            if (_reader.Fields[i] is null || _batchTypes[i]?.Kind != type?.Kind)
            {
                _reader.Fields[i] = BulkFieldFactory.Create(_columns[i], type);
                _batchTypes[i] = type;
            }

            _reader.Fields[i]!.Bind(rows);
        }
    }

    private async Task CopyAsync()
    {
        // Nulls stay nulls where a column has a default. Constraints and triggers of a table that Millrace did not make are its owner's wish.
        const SqlBulkCopyOptions Options = SqlBulkCopyOptions.KeepNulls | SqlBulkCopyOptions.CheckConstraints | SqlBulkCopyOptions.FireTriggers;
        using var copy = new SqlBulkCopy(_connection, Options, _transaction)
        {
            DestinationTableName = _table,
            BulkCopyTimeout = (int)Math.Ceiling(_options.StatementTimeout.TotalSeconds),
        };
        for (int i = 0; i < _columns.Length; i++)
        {
            copy.ColumnMappings.Add(i, "[" + _columns[i].Name.Replace("]", "]]", StringComparison.Ordinal) + "]");
        }

        await copy.WriteToServerAsync(_reader, _stop.Token).ConfigureAwait(false);
    }

    private async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _copy!.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await StopAsync().ConfigureAwait(false);
            throw;
        }
        catch (Exception e) when (e is SqlException or IOException or TimeoutException or InvalidOperationException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw _errors.OnStatement(e);
        }
    }

    private async ValueTask StopAsync()
    {
        if (_copy is not { } copy)
        {
            return;
        }

        _copy = null;
        await _stop.CancelAsync().ConfigureAwait(false);
        _reader.Break();
        try
        {
            await copy.ConfigureAwait(false);
        }
        catch (Exception e) when (e is SqlException or IOException or TimeoutException or InvalidOperationException or OperationCanceledException)
        {
            // The rows are thrown away, and the error that led here is the one to tell.
        }
    }
}
