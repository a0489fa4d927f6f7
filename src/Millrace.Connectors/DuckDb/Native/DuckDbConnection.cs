namespace Millrace.Connectors.DuckDb.Native;

/// <summary>A connection. One thread at a time; cancelling a statement's token interrupts it from any thread.</summary>
internal sealed unsafe class DuckDbConnection : IDisposable
{
    private readonly DuckDbConnectionHandle _handle;

    internal DuckDbConnection(DuckDbConnectionHandle handle) => _handle = handle;

    /// <summary>Runs one statement or several, separated by semicolons, and returns the rows that the last one
    /// changed.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the statement had no effect.</exception>
    /// <exception cref="Core.Errors.MillraceException">A coded error of <see cref="DuckDbErrors"/>: DuckDB refused it.</exception>
    internal long Execute(string sql, CancellationToken ct)
    {
        using DuckDbResult result = Query(sql, ct);
        return result.RowsChanged;
    }

    /// <summary>Runs statements as <see cref="Execute"/> does and returns the last one's rows.</summary>
    internal DuckDbResult Query(string sql, CancellationToken ct)
    {
        nint statements = 0;
        try
        {
            ulong count = DuckDbNative.duckdb_extract_statements(_handle, sql, &statements);
            if (count == 0)
                DuckDbErrors.ThrowStatement(DuckDbErrorType.Invalid, ExtractError(statements), ct);
            DuckDbResult result = Run(statements, 0, ct);
            for (ulong index = 1; index < count; index++)
            {
                result.Dispose();
                result = Run(statements, index, ct);
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

    private DuckDbResult Run(nint statements, ulong index, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        nint prepared = 0;
        nint pending = 0;
        try
        {
            if (DuckDbNative.duckdb_prepare_extracted_statement(_handle, statements, index, &prepared) != 0)
                DuckDbErrors.ThrowStatement(DuckDbErrorType.Binder, DuckDbErrors.Text(DuckDbNative.duckdb_prepare_error(prepared)), ct);
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
}
