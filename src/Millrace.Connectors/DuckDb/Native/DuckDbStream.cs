namespace Millrace.Connectors.DuckDb.Native;

/// <summary>A statement's rows as DuckDB makes them, chunk by chunk: none is kept in memory but the one at hand. One thread at a time.</summary>
internal sealed unsafe class DuckDbStream : IDisposable
{
    private readonly DuckDbConnectionHandle _connection;
    private DuckDbResultStruct _result;
    private nint _chunk;
    private bool _disposed;

    internal DuckDbStream(DuckDbConnectionHandle connection, DuckDbResultStruct result)
    {
        _connection = connection;
        _result = result;
        Types = DuckDbResult.TypesOf(ref _result);
    }

    /// <summary>The types of the columns.</summary>
    internal DuckDbColumnType[] Types { get; }

    /// <summary>The name of a column.</summary>
    internal string Name(int column)
    {
        fixed (DuckDbResultStruct* result = &_result)
            return DuckDbErrors.Text(DuckDbNative.duckdb_column_name(result, (ulong)column));
    }

    /// <summary>The name that a type has besides the one it is made of, such as JSON of a VARCHAR; null for most.</summary>
    internal string? Alias(int column)
    {
        fixed (DuckDbResultStruct* result = &_result)
        {
            nint type = DuckDbNative.duckdb_column_logical_type(result, (ulong)column);
            byte* alias = DuckDbNative.duckdb_logical_type_get_alias(type);
            try
            {
                return alias == null ? null : DuckDbErrors.Text(alias);
            }
            finally
            {
                DuckDbNative.duckdb_free(alias);
                DuckDbNative.duckdb_destroy_logical_type(&type);
            }
        }
    }

    /// <summary>Moves to the next chunk that has rows.</summary>
    /// <returns>Its rows; 0 after the last.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="Core.Errors.MillraceException">DuckDB failed while it made the rows.</exception>
    internal int Next(CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ct.ThrowIfCancellationRequested();
        using CancellationTokenRegistration interrupt =
            ct.UnsafeRegister(static connection => DuckDbNative.duckdb_interrupt((DuckDbConnectionHandle)connection!), _connection);
        while (true)
        {
            Release();
            _chunk = DuckDbNative.duckdb_fetch_chunk(_result);
            if (_chunk == 0)
            {
                ThrowIfFailed(ct);
                return 0;
            }

            int rows = (int)DuckDbNative.duckdb_data_chunk_get_size(_chunk);
            if (rows > 0)
                return rows;
        }
    }

    /// <summary>A column of the chunk.</summary>
    internal DuckDbVector Vector(int column) => new(DuckDbNative.duckdb_data_chunk_get_vector(_chunk, (ulong)column));

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Release();
        fixed (DuckDbResultStruct* result = &_result)
            DuckDbNative.duckdb_destroy_result(result);
        GC.SuppressFinalize(this);
    }

    ~DuckDbStream() => Dispose();

    private void ThrowIfFailed(CancellationToken ct)
    {
        fixed (DuckDbResultStruct* result = &_result)
        {
            DuckDbErrorType type = DuckDbNative.duckdb_result_error_type(result);
            byte* message = DuckDbNative.duckdb_result_error(result);
            if (message != null)
                DuckDbErrors.ThrowStatement(type, DuckDbErrors.Text(message), ct);
        }

        ct.ThrowIfCancellationRequested();
    }

    private void Release()
    {
        nint chunk = Interlocked.Exchange(ref _chunk, 0);
        if (chunk != 0)
            DuckDbNative.duckdb_destroy_data_chunk(&chunk);
    }
}
