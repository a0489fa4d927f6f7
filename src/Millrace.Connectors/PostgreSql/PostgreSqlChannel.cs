using System.Collections.Immutable;
using System.Data;
using Millrace.Connectors.PostgreSql.Copy;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Errors;
using Millrace.PostgreSql;
using Npgsql;
using NpgsqlTypes;

namespace Millrace.Connectors.PostgreSql;

/// <summary>One connection to PostgreSQL.</summary>
internal sealed class PostgreSqlChannel : SqlChannel
{
    // Each filling of the driver's buffer allocates, so that the default of 8 KiB would cost 50 bytes a row.
    private const int ReadBufferBytes = 1 << 18;

    private readonly NpgsqlConnection _connection;
    private readonly PostgreSqlErrors _errors;
    private NpgsqlTransaction? _transaction;

    private PostgreSqlChannel(NpgsqlConnection connection, PostgreSqlErrors errors)
    {
        _connection = connection;
        _errors = errors;
        connection.Notice += OnNotice;
    }

    /// <inheritdoc/>
    public override bool InTransaction => _transaction is not null;

    /// <inheritdoc/>
    public override bool IsBroken => _connection.FullState.HasFlag(ConnectionState.Broken) || _connection.State == ConnectionState.Closed;

    /// <summary>The number of the server process.</summary>
    public int ProcessId => _connection.ProcessID;

    /// <summary>Connects and makes the session's settings.</summary>
    /// <exception cref="MillraceException">A coded error.</exception>
    public static async ValueTask<PostgreSqlChannel> OpenAsync(
        PostgreSqlOptions options, string connectionName, CancellationToken cancellationToken, bool readsMuch = false)
    {
        NpgsqlConnectionStringBuilder settings = PostgreSqlConnectionString.Read(
            options.ConnectionString, options.ConnectTimeout, $"connection {connectionName}", $"connections.{connectionName}.connection_string");
        settings.ReadBufferSize = readsMuch ? ReadBufferBytes : settings.ReadBufferSize;
        var errors = PostgreSqlErrors.OfConnection(connectionName, settings);
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw errors.OnConnect(e);
        }

        var channel = new PostgreSqlChannel(connection, errors);
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
    public override ValueTask<long> ExecuteAsync(string sql, CancellationToken cancellationToken) => ExecuteAsync(sql, [], cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<long> ExecuteAsync(string sql, IReadOnlyList<SqlParameterValue> values, CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            NpgsqlCommand command = Command(sql);
            await using (command.ConfigureAwait(false))
            {
                Bind(command, values);
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
            NpgsqlCommand command = Command(sql);
            await using (command.ConfigureAwait(false))
            {
                Bind(command, bound);
                NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
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

    private static void Bind(NpgsqlCommand command, IReadOnlyList<SqlParameterValue> values)
    {
        foreach (SqlParameterValue value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = (object?)value.Text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Unknown });
        }
    }

    /// <inheritdoc/>
    public override async ValueTask BeginAsync(CancellationToken cancellationToken) => _transaction = await GuardAsync(
        () => _connection.BeginTransactionAsync(cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        NpgsqlTransaction transaction = _transaction ?? throw new InvalidOperationException("There is no transaction to commit.");
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
                await transaction.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or IOException or ObjectDisposedException or InvalidOperationException or TimeoutException)
            {
                // The connection is lost, and the server has rolled back by itself. What lost it has been told, or is being told, where it happened.
                await _connection.CloseAsync().ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask LockAsync(string name, CancellationToken cancellationToken) =>
        await ExecuteAsync($"SELECT pg_advisory_xact_lock({KeyOf(name)})", cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask HoldAsync(string name, CancellationToken cancellationToken) =>
        await ExecuteAsync($"SELECT pg_advisory_lock({KeyOf(name)})", cancellationToken).ConfigureAwait(false);

    private static string KeyOf(string name) => $"hashtextextended({PostgreSqlDialect.Instance.Literal("millrace " + name)}, 0)";

    /// <inheritdoc/>
    public override async ValueTask<BulkWriter> OpenWriterAsync(
        string table, ImmutableArray<BulkColumn> columns, CancellationToken cancellationToken)
    {
        string names = string.Join(", ", columns.Select(c => PostgreSqlDialect.Instance.Quote(c.Name)));
        NpgsqlRawCopyStream stream = await GuardAsync<NpgsqlRawCopyStream>(
            () => new(_connection.BeginRawBinaryCopyAsync($"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)", cancellationToken)),
            cancellationToken).ConfigureAwait(false);
        return new CopyWriter(stream, columns, _errors);
    }

    /// <summary>Opens a binary COPY … TO STDOUT; the channel goes with the rows.</summary>
    /// <param name="select">What is copied.</param>
    /// <param name="columns">Where its columns go.</param>
    /// <param name="cancel">Ends what the server process of a number is doing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async ValueTask<CopyRowStream> OpenReaderAsync(
        string select, BatchColumns columns, Func<int, ValueTask> cancel, CancellationToken cancellationToken)
    {
        NpgsqlRawCopyStream stream = await GuardAsync<NpgsqlRawCopyStream>(
            () => new(_connection.BeginRawBinaryCopyAsync($"COPY (\n{select}\n) TO STDOUT (FORMAT BINARY)", cancellationToken)),
            cancellationToken).ConfigureAwait(false);
        return new(this, stream, _errors, columns, cancel);
    }

    /// <summary>The columns of a query: name, the type's number, and its name with what stands in its parentheses.</summary>
    public ValueTask<IReadOnlyList<(string Name, uint Type, string Display)>> ColumnsOfAsync(string query, CancellationToken cancellationToken) =>
        GuardAsync<IReadOnlyList<(string, uint, string)>>(
            async () =>
            {
                NpgsqlCommand command = Command(query);
                await using (command.ConfigureAwait(false))
                {
                    NpgsqlDataReader reader = await command.ExecuteReaderAsync(CommandBehavior.SchemaOnly, cancellationToken).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        return [.. Enumerable.Range(0, reader.FieldCount).Select(i => (reader.GetName(i), reader.GetDataTypeOID(i), reader.GetDataTypeName(i)))];
                    }
                }
            },
            cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<bool> TryUniqueAsync(string sql, CancellationToken cancellationToken)
    {
        await ExecuteAsync("SAVEPOINT millrace_unique", cancellationToken).ConfigureAwait(false);
        try
        {
            await ExecuteAsync(sql, cancellationToken).ConfigureAwait(false);
        }
        catch (MillraceException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            await ExecuteAsync("ROLLBACK TO SAVEPOINT millrace_unique", cancellationToken).ConfigureAwait(false);
            return false;
        }

        await ExecuteAsync("RELEASE SAVEPOINT millrace_unique", cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await RollbackAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    // Settings on which the room's text relies (literals, texts of keys), limits that a server may set for short transactions, and what makes the
    // merge's few wide statements fast: compiling them takes longer than it saves, a small sample of a stage is enough, and keys are looked up by
    // the index where the default, made for disks that seek, would rather read the whole table (2% of a table deleted: a third of the time).
    private static string SessionSettings(PostgreSqlOptions options) =>
        $"""
        SET standard_conforming_strings = on;
        SET client_min_messages = warning;
        SET TimeZone = 'UTC';
        SET DateStyle = 'ISO, YMD';
        SET IntervalStyle = 'postgres';
        SET bytea_output = 'hex';
        SET extra_float_digits = 1;
        SET jit = off;
        SET random_page_cost = 1.1;
        SET default_statistics_target = 20;
        SET idle_in_transaction_session_timeout = 0;
        SET statement_timeout = {(long)options.StatementTimeout.TotalMilliseconds};
        SET lock_timeout = {(long)options.LockTimeout.TotalMilliseconds};
        SET work_mem = {options.WorkMem.Bytes / 1024};
        SET maintenance_work_mem = {Math.Max(options.WorkMem.Bytes / 1024, 65536)};
        SET temp_buffers = 4096
        """;

    // Class 42 is the server's own "exists already, skipping", of which scripts that may run again make many.
    private void OnNotice(object sender, NpgsqlNoticeEventArgs e)
    {
        if (!e.Notice.SqlState.StartsWith("42", StringComparison.Ordinal))
        {
            Said?.Invoke(e.Notice.MessageText, e.Notice.InvariantSeverity == "WARNING");
        }
    }

    private NpgsqlCommand Command(string sql)
    {
        NpgsqlCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // The text is the dialect's, with every name and value quoted by it.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }

    private async ValueTask<T> GuardAsync<T>(Func<ValueTask<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw _errors.OnStatement(e);
        }
        catch (NotSupportedException e)
        {
            // A COPY with a stream of its own, in SQL that a user wrote.
            throw new MillraceException(ErrorCodes.StatementFailed, $"The driver cannot run the statement: {e.Message}", "Write it without COPY FROM STDIN or TO STDOUT.", inner: e);
        }
    }
}
