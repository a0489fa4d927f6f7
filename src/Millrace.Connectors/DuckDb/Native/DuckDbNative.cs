using System.Runtime.InteropServices;

namespace Millrace.Connectors.DuckDb.Native;

/// <summary><c>duckdb_result</c>: 48 bytes that DuckDB owns the meaning of; passed by value to
/// <c>duckdb_fetch_chunk</c>, by address elsewhere.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DuckDbResultStruct
{
    private readonly ulong _columnCount;
    private readonly ulong _rowCount;
    private readonly ulong _rowsChanged;
    private readonly nint _columns;
    private readonly nint _errorMessage;
    private readonly nint _internalData;
}

/// <summary><c>duckdb_string_t</c>: texts and blobs of up to 12 bytes stand in the value itself, longer ones are
/// a length, the first four bytes and an address.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct DuckDbString
{
    internal const int InlineLength = 12;

    [FieldOffset(0)] internal uint Length;
    [FieldOffset(4)] internal fixed byte Inlined[InlineLength];
    [FieldOffset(4)] internal uint Prefix;
    [FieldOffset(8)] internal byte* Pointer;
}

/// <summary>The part of DuckDB's C API (duckdb.h, 1.5) that the connector calls; names and signatures are DuckDB's.
/// Functions return 0 for success and 1 for an error unless they say otherwise.</summary>
internal static unsafe partial class DuckDbNative
{
    private const string Library = DuckDbLibrary.ImportName;

    // Databases and connections
    [LibraryImport(Library)] internal static partial int duckdb_create_config(nint* config);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_set_config(nint config, string name, string value);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_config(nint* config);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_open_ext(string path, nint* database, nint config, byte** error);
    [LibraryImport(Library)] internal static partial void duckdb_close(nint* database);
    [LibraryImport(Library)] internal static partial int duckdb_connect(DuckDbDatabaseHandle database, nint* connection);
    [LibraryImport(Library)] internal static partial void duckdb_interrupt(DuckDbConnectionHandle connection);
    [LibraryImport(Library)] internal static partial void duckdb_disconnect(nint* connection);
    [LibraryImport(Library)] internal static partial void duckdb_free(void* pointer);

    // Statements
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial ulong duckdb_extract_statements(DuckDbConnectionHandle connection, string sql, nint* statements);
    [LibraryImport(Library)] internal static partial byte* duckdb_extract_statements_error(nint statements);
    [LibraryImport(Library)]
    internal static partial int duckdb_prepare_extracted_statement(
        DuckDbConnectionHandle connection, nint statements, ulong index, nint* prepared);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_extracted(nint* statements);
    [LibraryImport(Library)] internal static partial byte* duckdb_prepare_error(nint prepared);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_prepare(nint* prepared);
    [LibraryImport(Library)] internal static partial int duckdb_bind_varchar_length(nint prepared, ulong index, byte* value, ulong length);
    [LibraryImport(Library)] internal static partial int duckdb_bind_null(nint prepared, ulong index);
    [LibraryImport(Library)] internal static partial int duckdb_pending_prepared(nint prepared, nint* pending);
    [LibraryImport(Library)] internal static partial int duckdb_pending_prepared_streaming(nint prepared, nint* pending);
    [LibraryImport(Library)] internal static partial byte* duckdb_pending_error(nint pending);
    [LibraryImport(Library)] internal static partial int duckdb_execute_pending(nint pending, DuckDbResultStruct* result);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_pending(nint* pending);

    // Results
    [LibraryImport(Library)] internal static partial byte* duckdb_result_error(DuckDbResultStruct* result);
    [LibraryImport(Library)] internal static partial DuckDbErrorType duckdb_result_error_type(DuckDbResultStruct* result);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_result(DuckDbResultStruct* result);
    [LibraryImport(Library)] internal static partial ulong duckdb_column_count(DuckDbResultStruct* result);
    [LibraryImport(Library)] internal static partial byte* duckdb_column_name(DuckDbResultStruct* result, ulong column);
    [LibraryImport(Library)] internal static partial nint duckdb_column_logical_type(DuckDbResultStruct* result, ulong column);
    [LibraryImport(Library)] internal static partial ulong duckdb_rows_changed(DuckDbResultStruct* result);
    [LibraryImport(Library)] internal static partial nint duckdb_fetch_chunk(DuckDbResultStruct result);

    // Data chunks and vectors
    [LibraryImport(Library)] internal static partial ulong duckdb_vector_size();
    [LibraryImport(Library)] internal static partial nint duckdb_create_data_chunk(nint* types, ulong columnCount);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_data_chunk(nint* chunk);
    [LibraryImport(Library)] internal static partial void duckdb_data_chunk_reset(nint chunk);
    [LibraryImport(Library)] internal static partial nint duckdb_data_chunk_get_vector(nint chunk, ulong column);
    [LibraryImport(Library)] internal static partial ulong duckdb_data_chunk_get_size(nint chunk);
    [LibraryImport(Library)] internal static partial void duckdb_data_chunk_set_size(nint chunk, ulong size);
    [LibraryImport(Library)] internal static partial void* duckdb_vector_get_data(nint vector);
    [LibraryImport(Library)] internal static partial ulong* duckdb_vector_get_validity(nint vector);
    [LibraryImport(Library)] internal static partial void duckdb_vector_ensure_validity_writable(nint vector);

    // Types
    [LibraryImport(Library)] internal static partial DuckDbTypeId duckdb_get_type_id(nint type);
    [LibraryImport(Library)] internal static partial DuckDbTypeId duckdb_decimal_internal_type(nint type);
    [LibraryImport(Library)] internal static partial byte duckdb_decimal_width(nint type);
    [LibraryImport(Library)] internal static partial byte duckdb_decimal_scale(nint type);
    [LibraryImport(Library)] internal static partial byte* duckdb_logical_type_get_alias(nint type);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_logical_type(nint* type);

    // Appender
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_appender_create_ext(
        DuckDbConnectionHandle connection, string? catalog, string? schema, string table, nint* appender);
    [LibraryImport(Library)] internal static partial ulong duckdb_appender_column_count(DuckDbAppenderHandle appender);
    [LibraryImport(Library)] internal static partial nint duckdb_appender_column_type(DuckDbAppenderHandle appender, ulong column);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int duckdb_appender_add_column(DuckDbAppenderHandle appender, string name);
    [LibraryImport(Library)] internal static partial int duckdb_append_data_chunk(DuckDbAppenderHandle appender, nint chunk);
    [LibraryImport(Library)] internal static partial int duckdb_appender_flush(DuckDbAppenderHandle appender);
    [LibraryImport(Library)] internal static partial int duckdb_appender_clear(nint appender);
    [LibraryImport(Library)] internal static partial nint duckdb_appender_error_data(DuckDbAppenderHandle appender);
    [LibraryImport(Library)] internal static partial int duckdb_appender_destroy(nint* appender);

    // Errors
    [LibraryImport(Library)] internal static partial DuckDbErrorType duckdb_error_data_error_type(nint errorData);
    [LibraryImport(Library)] internal static partial byte* duckdb_error_data_message(nint errorData);
    [LibraryImport(Library)] internal static partial void duckdb_destroy_error_data(nint* errorData);
}
