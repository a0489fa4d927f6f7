namespace Millrace.Connectors.DuckDb.Native;

/// <summary>Appends rows to a table, a data chunk at a time, inside the connection's transaction. The chunk's
/// vectors are filled in place (<see cref="Vector"/>) and handed over by <see cref="AppendChunk"/>, which copies
/// them: what a text's address points at needs to stay only until that call returns. Disposing without
/// <see cref="Flush"/> throws away what DuckDB has not written yet. One thread at a time.</summary>
internal sealed unsafe class DuckDbAppender : IDisposable
{
    private readonly DuckDbAppenderHandle _handle;
    private readonly DuckDbColumnType[] _types;
    private nint _chunk;

    private DuckDbAppender(DuckDbAppenderHandle handle, DuckDbColumnType[] types, nint chunk)
    {
        _handle = handle;
        _types = types;
        _chunk = chunk;
        Capacity = (int)DuckDbNative.duckdb_vector_size();
    }

    /// <summary>The rows that a chunk holds.</summary>
    internal int Capacity { get; }

    /// <summary>The types of the columns, in the order they were asked for.</summary>
    internal ReadOnlySpan<DuckDbColumnType> Types => _types;

    internal static DuckDbAppender Open(
        DuckDbConnectionHandle connection, string? catalog, string? schema, string table, IReadOnlyList<string> columns)
    {
        nint raw = 0;
        int state = DuckDbNative.duckdb_appender_create_ext(connection, catalog, schema, table, &raw);
        DuckDbAppenderHandle handle = new(raw);
        try
        {
            Check(handle, state);
            foreach (string column in columns)
                Check(handle, DuckDbNative.duckdb_appender_add_column(handle, column));
            DuckDbColumnType[] types = CreateChunk(handle, out nint chunk);
            return new DuckDbAppender(handle, types, chunk);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The vector of a column in the chunk that is being filled; good until <see cref="AppendChunk"/>.</summary>
    internal DuckDbVector Vector(int column) => new(DuckDbNative.duckdb_data_chunk_get_vector(_chunk, (ulong)column));

    /// <summary>Hands the first <paramref name="rows"/> rows of the chunk over and starts a new one.</summary>
    internal void AppendChunk(int rows)
    {
        DuckDbNative.duckdb_data_chunk_set_size(_chunk, (ulong)rows);
        Check(_handle, DuckDbNative.duckdb_append_data_chunk(_handle, _chunk));
        DuckDbNative.duckdb_data_chunk_reset(_chunk);
    }

    /// <summary>Writes what is buffered to the table, within the transaction.</summary>
    internal void Flush() => Check(_handle, DuckDbNative.duckdb_appender_flush(_handle));

    public void Dispose()
    {
        nint chunk = Interlocked.Exchange(ref _chunk, 0);
        if (chunk != 0)
            DuckDbNative.duckdb_destroy_data_chunk(&chunk);
        _handle.Dispose();
    }

    private static DuckDbColumnType[] CreateChunk(DuckDbAppenderHandle handle, out nint chunk)
    {
        nint[] logical = new nint[(int)DuckDbNative.duckdb_appender_column_count(handle)];
        try
        {
            for (int i = 0; i < logical.Length; i++)
                logical[i] = DuckDbNative.duckdb_appender_column_type(handle, (ulong)i);

            // The table's own types, so that DuckDB takes the vectors as they are instead of casting each one.
            fixed (nint* types = logical)
                chunk = DuckDbNative.duckdb_create_data_chunk(types, (ulong)logical.Length);
            return Array.ConvertAll(logical, DuckDbColumnType.Of);
        }
        finally
        {
            for (int i = 0; i < logical.Length; i++)
            {
                nint type = logical[i];
                DuckDbNative.duckdb_destroy_logical_type(&type);
            }
        }
    }

    private static void Check(DuckDbAppenderHandle handle, int state)
    {
        if (state == 0)
            return;
        nint error = handle.IsInvalid ? 0 : DuckDbNative.duckdb_appender_error_data(handle);
        DuckDbErrorType type = error == 0 ? DuckDbErrorType.Invalid : DuckDbNative.duckdb_error_data_error_type(error);
        string message = error == 0 ? "no appender" : DuckDbErrors.Text(DuckDbNative.duckdb_error_data_message(error));
        DuckDbNative.duckdb_destroy_error_data(&error);
        DuckDbErrors.ThrowStatement(type, message, default);
    }
}
