namespace Millrace.Connectors.DuckDb.Native;

/// <summary>A connection. One thread at a time; cancelling a statement's token interrupts it from any thread.</summary>
internal sealed unsafe class DuckDbConnection : IDisposable
{
    private readonly DuckDbConnectionHandle _handle;

    internal DuckDbConnection(DuckDbConnectionHandle handle) => _handle = handle;

    /// <summary>Runs one statement or several, separated by semicolons, and returns the rows that the last one
    /// changed. Parameters go to the one statement that has any.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the statement had no effect.</exception>
    /// <exception cref="Core.Errors.MillraceException">A coded error of <see cref="DuckDbErrors"/>: DuckDB refused it.</exception>
    internal long Execute(string sql, CancellationToken ct, params ReadOnlySpan<DuckDbParameter> parameters)
    {
        using DuckDbResult result = Query(sql, ct, parameters);
        return result.RowsChanged;
    }

    /// <summary>Runs statements as <see cref="Execute"/> does and returns the last one's rows.</summary>
    internal DuckDbResult Query(string sql, CancellationToken ct, params ReadOnlySpan<DuckDbParameter> parameters)
    {
        nint statements = 0;
        try
        {
            ulong count = DuckDbNative.duckdb_extract_statements(_handle, sql, &statements);
            if (count == 0)
                DuckDbErrors.ThrowStatement(DuckDbErrorType.Invalid, ExtractError(statements), ct);
            DuckDbResult result = Run(statements, 0, parameters, ct);
            for (ulong index = 1; index < count; index++)
            {
                result.Dispose();
                result = Run(statements, index, parameters, ct);
            }

            return result;
        }
        finally
        {
            DuckDbNative.duckdb_destroy_extracted(&statements);
        }
    }

    /// <summary>Opens an appender on a table; null catalog and schema mean the current ones.</summary>
    internal DuckDbAppender Append(string? catalog, string? schema, string table, IReadOnlyList<string> columns) =>
        DuckDbAppender.Open(_handle, catalog, schema, table, columns);

    public void Dispose() => _handle.Dispose();

    private static string ExtractError(nint statements)
    {
        byte* message = DuckDbNative.duckdb_extract_statements_error(statements);
        return message == null ? "there is no statement in the text" : DuckDbErrors.Text(message);
    }

    private DuckDbResult Run(
        nint statements, ulong index, ReadOnlySpan<DuckDbParameter> parameters, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        nint prepared = 0;
        nint pending = 0;
        try
        {
            if (DuckDbNative.duckdb_prepare_extracted_statement(_handle, statements, index, &prepared) != 0)
                DuckDbErrors.ThrowStatement(PrepareError(prepared, out string message), message, ct);
            Bind(prepared, parameters, ct);
            if (DuckDbNative.duckdb_pending_prepared(prepared, &pending) != 0)
                DuckDbErrors.ThrowStatement(DuckDbErrorType.Invalid, DuckDbErrors.Text(DuckDbNative.duckdb_pending_error(pending)), ct);

            // Creating the pending result clears an earlier interrupt, so the token is registered after it: a
            // cancellation at any moment from here on is seen.
            using (ct.UnsafeRegister(static connection => DuckDbNative.duckdb_interrupt((DuckDbConnectionHandle)connection!), _handle))
                return DuckDbResult.Execute(pending, ct);
        }
        finally
        {
            DuckDbNative.duckdb_destroy_pending(&pending);
            DuckDbNative.duckdb_destroy_prepare(&prepared);
        }
    }

    private static void Bind(nint prepared, ReadOnlySpan<DuckDbParameter> parameters, CancellationToken ct)
    {
        ulong count = DuckDbNative.duckdb_nparams(prepared);
        if (count == 0)
            return;
        if (count != (ulong)parameters.Length)
            throw new ArgumentException($"The statement has {count} parameters and {parameters.Length} values were given.", nameof(parameters));
        for (int i = 0; i < parameters.Length; i++)
        {
            if (!parameters[i].Bind(prepared, (ulong)i + 1))
                DuckDbErrors.ThrowStatement(PrepareError(prepared, out string message), message, ct);
        }
    }

    private static DuckDbErrorType PrepareError(nint prepared, out string message)
    {
        message = DuckDbErrors.Text(DuckDbNative.duckdb_prepare_error(prepared));
        return DuckDbErrorType.Binder;
    }
}
