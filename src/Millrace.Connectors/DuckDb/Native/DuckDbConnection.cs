using System.Text;

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
    internal long Execute(string sql, CancellationToken ct) => Execute(sql, [], ct);

    /// <summary>Runs one statement with values for $1, $2, …, each a text or null.</summary>
    internal long Execute(string sql, ReadOnlySpan<string?> values, CancellationToken ct)
    {
        using DuckDbResult result = Query(sql, values, ct);
        return result.RowsChanged;
    }

    /// <summary>Runs statements as <see cref="Execute(string, CancellationToken)"/> does and returns the last one's rows.</summary>
    internal DuckDbResult Query(string sql, CancellationToken ct) => Query(sql, [], ct);

    /// <summary>The same with values for $1, $2, …, each a text or null.</summary>
    internal DuckDbResult Query(string sql, ReadOnlySpan<string?> values, CancellationToken ct)
    {
        nint statements = 0;
        try
        {
            ulong count = DuckDbNative.duckdb_extract_statements(_handle, sql, &statements);
            if (count == 0)
                DuckDbErrors.ThrowStatement(DuckDbErrorType.Invalid, ExtractError(statements), ct);
            DuckDbResult result = Run(statements, 0, values, ct);
            for (ulong index = 1; index < count; index++)
            {
                result.Dispose();
                result = Run(statements, index, values, ct);
            }

            return result;
        }
        finally
        {
            DuckDbNative.duckdb_destroy_extracted(&statements);
        }
    }

    /// <summary>Runs one query with values for $1, $2, …, and hands its rows out as they are made. The connection runs nothing else until it is
    /// disposed.</summary>
    internal DuckDbStream Stream(string sql, ReadOnlySpan<string?> values, CancellationToken ct)
    {
        nint statements = 0;
        nint prepared = 0;
        nint pending = 0;
        try
        {
            if (DuckDbNative.duckdb_extract_statements(_handle, sql, &statements) != 1)
                DuckDbErrors.ThrowStatement(DuckDbErrorType.Invalid, ExtractError(statements), ct);
            if (DuckDbNative.duckdb_prepare_extracted_statement(_handle, statements, 0, &prepared) != 0)
                DuckDbErrors.ThrowStatement(DuckDbErrorType.Binder, DuckDbErrors.Text(DuckDbNative.duckdb_prepare_error(prepared)), ct);
            Bind(prepared, values, ct);
            if (DuckDbNative.duckdb_pending_prepared_streaming(prepared, &pending) != 0)
                DuckDbErrors.ThrowStatement(DuckDbErrorType.Invalid, DuckDbErrors.Text(DuckDbNative.duckdb_pending_error(pending)), ct);
            using (ct.UnsafeRegister(static connection => DuckDbNative.duckdb_interrupt((DuckDbConnectionHandle)connection!), _handle))
                return new DuckDbStream(_handle, DuckDbResult.ExecuteRaw(pending, ct));
        }
        finally
        {
            DuckDbNative.duckdb_destroy_pending(&pending);
            DuckDbNative.duckdb_destroy_prepare(&prepared);
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

    private static void Bind(nint prepared, ReadOnlySpan<string?> values, CancellationToken ct)
    {
        for (int i = 0; i < values.Length; i++)
        {
            byte[]? text = values[i] is { } value ? Encoding.UTF8.GetBytes(value) : null;
            fixed (byte* bytes = text)
            {
                int failed = text is null
                    ? DuckDbNative.duckdb_bind_null(prepared, (ulong)i + 1)
                    : DuckDbNative.duckdb_bind_varchar_length(prepared, (ulong)i + 1, bytes, (ulong)text.Length);
                if (failed != 0)
                    DuckDbErrors.ThrowStatement(DuckDbErrorType.Invalid, DuckDbErrors.Text(DuckDbNative.duckdb_prepare_error(prepared)), ct);
            }
        }
    }

    private DuckDbResult Run(nint statements, ulong index, ReadOnlySpan<string?> values, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        nint prepared = 0;
        nint pending = 0;
        try
        {
            if (DuckDbNative.duckdb_prepare_extracted_statement(_handle, statements, index, &prepared) != 0)
                DuckDbErrors.ThrowStatement(DuckDbErrorType.Binder, DuckDbErrors.Text(DuckDbNative.duckdb_prepare_error(prepared)), ct);
            Bind(prepared, values, ct);
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
