using System.Data.Common;
using System.Globalization;

namespace Millrace.Catalog.Stores.Relational;

/// <summary>The statements of one transaction, one at a time.</summary>
internal sealed class CatalogTransaction(DbConnection connection, CatalogDialect dialect, TimeProvider? clock, CancellationToken cancellationToken)
{
    /// <summary>What differs between engines.</summary>
    public CatalogDialect Dialect => dialect;

    /// <summary>True where an earlier attempt may have been committed, because the connection was lost while it was.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>The time by the catalog's clock, to the millisecond that the catalog keeps.</summary>
    public async ValueTask<DateTimeOffset> NowAsync()
    {
        if (clock is not null || dialect.ClockQuery is not { } query)
        {
            return Milliseconds((clock ?? TimeProvider.System).GetUtcNow());
        }

        List<DateTimeOffset> now = await QueryAsync(query, row => row.Time(0)).ConfigureAwait(false);
        return Milliseconds(now[0]);
    }

    /// <summary>Waits until no other transaction, of any process, has this name locked; it stays locked until this one ends.</summary>
    public async ValueTask LockAsync(string name)
    {
        if (dialect.LockStatement is { } statement)
        {
            await ExecuteAsync(statement, ("@name", $"{dialect.Prefix} {name}")).ConfigureAwait(false);
        }
    }

    /// <summary>Runs a statement.</summary>
    /// <returns>The rows that it changed.</returns>
    public ValueTask<int> ExecuteAsync(string sql, params ReadOnlySpan<(string Name, object? Value)> values) => ExecuteAsync(Command(sql, values));

    /// <summary>Runs the statements of a file, however long they take.</summary>
    public async ValueTask ExecuteScriptAsync(string script)
    {
        foreach (string batch in dialect.Batches(script))
        {
            DbCommand command = Command(batch, []);
            command.CommandTimeout = 0;
            await ExecuteAsync(command).ConfigureAwait(false);
        }
    }

    /// <summary>The rows of a query.</summary>
    public ValueTask<List<T>> QueryAsync<T>(string sql, Func<SqlRow, T> map, params ReadOnlySpan<(string Name, object? Value)> values) =>
        QueryAsync(Command(sql, values), map);

    /// <summary>A query's one number; 0 for NULL.</summary>
    public ValueTask<long> NumberAsync(string sql, params ReadOnlySpan<(string Name, object? Value)> values) => NumberAsync(Command(sql, values));

    /// <summary>Inserts a row whose key the engine gives, and returns that.</summary>
    /// <param name="table">The table.</param>
    /// <param name="key">Its key.</param>
    /// <param name="values">The other columns.</param>
    public ValueTask<long> InsertAsync(string table, string key, params ReadOnlySpan<(string Column, object? Value)> values)
    {
        var columns = new string[values.Length];
        var parameters = new (string Name, object? Value)[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            columns[i] = values[i].Column;
            parameters[i] = ("@" + values[i].Column, values[i].Value);
        }

        return NumberAsync(Command(dialect.InsertReturning(table, key, columns), parameters));
    }

    private static DateTimeOffset Milliseconds(DateTimeOffset at) => new(at.UtcTicks - at.UtcTicks % TimeSpan.TicksPerMillisecond, TimeSpan.Zero);

    private async ValueTask<int> ExecuteAsync(DbCommand command)
    {
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<long> NumberAsync(DbCommand command)
    {
        await using (command.ConfigureAwait(false))
        {
            object? value = await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
            return value is null or DBNull ? 0 : Convert.ToInt64(value, CultureInfo.InvariantCulture);
        }
    }

    private async ValueTask<List<T>> QueryAsync<T>(DbCommand command, Func<SqlRow, T> map)
    {
        var rows = new List<T>();
        await using (command.ConfigureAwait(false))
        {
            DbDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var row = new SqlRow(reader, dialect);
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    rows.Add(map(row));
                }
            }
        }

        return rows;
    }

    private DbCommand Command(string sql, ReadOnlySpan<(string Name, object? Value)> values)
    {
        DbCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements are constants of the stores; values are always bound.
        command.CommandText = sql.Replace("metadata.", dialect.Prefix, StringComparison.Ordinal);
#pragma warning restore CA2100
        foreach ((string name, object? value) in values)
        {
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = name;
            dialect.Bind(parameter, value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
