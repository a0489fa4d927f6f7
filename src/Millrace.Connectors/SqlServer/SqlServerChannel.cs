using System.Collections.Immutable;
using System.Data;
using Microsoft.Data.SqlClient;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.SqlServer.Bulk;
using Millrace.Core.Errors;
using Millrace.SqlServer;

namespace Millrace.Connectors.SqlServer;

/// <summary>One connection to SQL Server.</summary>
internal sealed class SqlServerChannel : SqlChannel
{
    // A unique index over rows that repeat; a row that a unique index has already.
    private static readonly HashSet<int> Duplicates = [1505, 2601, 2627];

    private readonly SqlConnection _connection;
    private readonly SqlServerErrors _errors;
    private readonly SqlServerDialect _dialect;
    private readonly SqlServerOptions _options;
    private SqlTransaction? _transaction;

    private SqlServerChannel(SqlConnection connection, SqlServerErrors errors, SqlServerDialect dialect, SqlServerOptions options)
    {
        _connection = connection;
        _errors = errors;
        _dialect = dialect;
        _options = options;
    }

    /// <inheritdoc/>
    public override bool InTransaction => _transaction is not null;

    /// <inheritdoc/>
    public override bool IsBroken => _connection.State is ConnectionState.Closed or ConnectionState.Broken;

    /// <summary>Connects and makes the session's settings.</summary>
    /// <exception cref="MillraceException">A coded error.</exception>
    public static async ValueTask<SqlServerChannel> OpenAsync(
        SqlServerOptions options, string connectionName, SqlServerDialect dialect, CancellationToken cancellationToken)
    {
        SqlConnectionStringBuilder settings = SqlServerConnectionString.Read(
            options.ConnectionString, options.ConnectTimeout, options.StatementTimeout, $"connection {connectionName}", $"connections.{connectionName}.connection_string");
        var errors = SqlServerErrors.OfConnection(connectionName, settings);
        var connection = new SqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SqlException or InvalidOperationException or TimeoutException or IOException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw errors.OnConnect(e);
        }

        var channel = new SqlServerChannel(connection, errors, dialect, options);
        try
        {
            await channel.ExecuteAsync(SessionSettings(options), cancellationToken).ConfigureAwait(false);
            return channel;
        }
        catch
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<long> ExecuteAsync(string sql, CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            SqlCommand command = Command(sql);
            await using (command.ConfigureAwait(false))
            {
                return Math.Max(0L, await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false));
            }
        },
        cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyList<SqlRow>> QueryAsync(string sql, CancellationToken cancellationToken) => QueryAsync(sql, [], cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyList<SqlRow>> QueryAsync(string sql, IReadOnlyList<SqlParameterValue> bound, CancellationToken cancellationToken) => GuardAsync<IReadOnlyList<SqlRow>>(
        async () =>
        {
            List<SqlRow> rows = [];
            SqlCommand command = Command(sql);
            await using (command.ConfigureAwait(false))
            {
                foreach (SqlParameterValue value in bound)
                {
                    command.Parameters.Add(new SqlParameter("@" + value.Name, System.Data.SqlDbType.NVarChar, -1) { Value = (object?)value.Text ?? DBNull.Value });
                }

                SqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        var values = new object?[reader.FieldCount];
                        for (int i = 0; i < values.Length; i++)
                        {
                            values[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
                        }

                        rows.Add(new(values));
                    }
                }
            }

            return rows;
        },
        cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask BeginAsync(CancellationToken cancellationToken) => _transaction = await GuardAsync(
        async () => (SqlTransaction)await _connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false),
        cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        SqlTransaction transaction = _transaction ?? throw new InvalidOperationException("There is no transaction to commit.");
        await GuardAsync(
            async () =>
            {
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        _transaction = null;
        await transaction.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask RollbackAsync()
    {
        if (_transaction is { } transaction)
        {
            _transaction = null;
            try
            {
                // Where an error ended the transaction already (XACT_ABORT), this does nothing.
                await transaction.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is SqlException or IOException or ObjectDisposedException or InvalidOperationException)
            {
                // The connection is lost, and the server has rolled back by itself. What lost it has been told, or is being told, where it happened.
                await _connection.CloseAsync().ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask LockAsync(string name, CancellationToken cancellationToken) => LockAsync(name, "Transaction", cancellationToken);

    /// <inheritdoc/>
    public override ValueTask HoldAsync(string name, CancellationToken cancellationToken) => LockAsync(name, "Session", cancellationToken);

    private async ValueTask LockAsync(string name, string owner, CancellationToken cancellationToken)
    {
        IReadOnlyList<SqlRow> answer = await QueryAsync(_dialect.Lock(name, owner, Milliseconds(_options.LockTimeout)), cancellationToken).ConfigureAwait(false);
        if (answer[0].Int(0) < 0)
        {
            throw _errors.OnLock(name, answer[0].Int(0));
        }
    }

    /// <inheritdoc/>
    public override ValueTask<BulkWriter> OpenWriterAsync(
        string table, ImmutableArray<BulkColumn> columns, CancellationToken cancellationToken) =>
        ValueTask.FromResult<BulkWriter>(new BulkCopyWriter(_connection, _transaction, table, columns, _options, _errors));

    /// <inheritdoc/>
    public override async ValueTask<bool> TryUniqueAsync(string sql, CancellationToken cancellationToken)
    {
        // With XACT_ABORT the error would end the transaction, not the statement alone.
        await ExecuteAsync("SET XACT_ABORT OFF", cancellationToken).ConfigureAwait(false);
        try
        {
            await ExecuteAsync(sql, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (MillraceException e) when (e.InnerException is SqlException s && Duplicates.Contains(s.Number))
        {
            return false;
        }
        finally
        {
            if (!IsBroken)
            {
                await ExecuteAsync("SET XACT_ABORT ON", cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await RollbackAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    // Settings on which the room's text relies (names in double quotes, dates, comparisons with NULL), and that no error leaves half a transaction.
    private static string SessionSettings(SqlServerOptions options) =>
        $"""
        SET QUOTED_IDENTIFIER ON;
        SET ANSI_NULLS ON;
        SET ANSI_PADDING ON;
        SET ANSI_WARNINGS ON;
        SET ARITHABORT ON;
        SET CONCAT_NULL_YIELDS_NULL ON;
        SET NOCOUNT OFF;
        SET DATEFORMAT ymd;
        SET XACT_ABORT ON;
        SET LOCK_TIMEOUT {Milliseconds(options.LockTimeout)}
        """;

    private static int Milliseconds(TimeSpan timeout) => timeout == TimeSpan.Zero ? -1 : (int)timeout.TotalMilliseconds;

    private SqlCommand Command(string sql)
    {
        SqlCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // The text is the dialect's, with every name and value quoted by it.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = _transaction;
        return command;
    }

    private async ValueTask<T> GuardAsync<T>(Func<ValueTask<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SqlException or IOException or TimeoutException || (e is InvalidOperationException && IsBroken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw _errors.OnStatement(e);
        }
    }
}
