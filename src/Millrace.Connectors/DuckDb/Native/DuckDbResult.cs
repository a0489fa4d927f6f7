using System.Runtime.CompilerServices;
using System.Text;

namespace Millrace.Connectors.DuckDb.Native;

/// <summary>A statement's rows, read forward: <see cref="Read"/> moves to the next row, the getters read it. Getters
/// do not convert: they are for the exact DuckDB type that their comment names.</summary>
internal sealed unsafe class DuckDbResult : IDisposable
{
    private DuckDbResultStruct _result;
    private DuckDbColumnType[]? _types;
    private nint[] _vectors = [];
    private nint[] _validities = [];
    private nint _chunk;
    private int _chunkRows;
    private int _row = -1;
    private bool _disposed;

    private DuckDbResult(DuckDbResultStruct result) => _result = result;

    /// <summary>The rows that an INSERT, UPDATE or DELETE changed.</summary>
    internal long RowsChanged
    {
        get
        {
            fixed (DuckDbResultStruct* result = &_result)
                return (long)DuckDbNative.duckdb_rows_changed(result);
        }
    }

    /// <summary>The types of the columns.</summary>
    internal IReadOnlyList<DuckDbColumnType> Types => _types ??= ReadTypes();

    /// <summary>The name of a column.</summary>
    internal string Name(int column)
    {
        fixed (DuckDbResultStruct* result = &_result)
            return DuckDbErrors.Text(DuckDbNative.duckdb_column_name(result, (ulong)column));
    }

    internal static DuckDbResult Execute(nint pending, CancellationToken ct) => new(ExecuteRaw(pending, ct));

    /// <summary>Runs a statement; the result is the caller's.</summary>
    internal static DuckDbResultStruct ExecuteRaw(nint pending, CancellationToken ct)
    {
        DuckDbResultStruct result;
        if (DuckDbNative.duckdb_execute_pending(pending, &result) == 0)
            return result;
        DuckDbErrorType type = DuckDbNative.duckdb_result_error_type(&result);
        string message = DuckDbErrors.Text(DuckDbNative.duckdb_result_error(&result));
        DuckDbNative.duckdb_destroy_result(&result);
        DuckDbErrors.ThrowStatement(type, message, ct);
        return default;
    }

    /// <summary>Moves to the next row; false after the last.</summary>
    internal bool Read()
    {
        if (++_row < _chunkRows)
            return true;
        while (NextChunk())
        {
            if (_chunkRows > 0)
                return true;
        }

        return false;
    }

    internal bool IsNull(int column) => !DuckDbVector.IsValid((ulong*)_validities[column], _row);

    /// <summary>The bytes of a fixed-size value: BOOLEAN as byte, DATE as int of days, TIME and TIMESTAMP as long,
    /// HUGEINT, UUID and wide DECIMAL as Int128.</summary>
    internal T Get<T>(int column)
        where T : unmanaged => ((T*)_vectors[column])[_row];

    internal bool GetBoolean(int column) => Get<byte>(column) != 0;

    internal long GetInt64(int column) => Types[column].Storage switch
    {
        DuckDbTypeId.TinyInt => Get<sbyte>(column),
        DuckDbTypeId.SmallInt => Get<short>(column),
        DuckDbTypeId.Integer or DuckDbTypeId.Date => Get<int>(column),
        DuckDbTypeId.UTinyInt => Get<byte>(column),
        DuckDbTypeId.USmallInt => Get<ushort>(column),
        DuckDbTypeId.UInteger => Get<uint>(column),
        DuckDbTypeId.HugeInt => (long)Get<Int128>(column),
        _ => Get<long>(column),
    };

    /// <summary>A VARCHAR's UTF-8 or a BLOB's bytes; good until the next <see cref="Read"/>.</summary>
    internal ReadOnlySpan<byte> GetBytes(int column)
    {
        DuckDbString* value = (DuckDbString*)_vectors[column] + _row;
        return value->Length <= DuckDbString.InlineLength
            ? new ReadOnlySpan<byte>(value->Inlined, (int)value->Length)
            : new ReadOnlySpan<byte>(value->Pointer, (int)value->Length);
    }

    internal string GetString(int column) => Encoding.UTF8.GetString(GetBytes(column));

    /// <summary>A value as the nearest .NET type, for small results only: integers, floats, decimals (HUGEINT among them), bool,
    /// text, bytes, and UTC <see cref="DateTime"/> for timestamps; null for NULL.</summary>
    /// <exception cref="InvalidOperationException">The type has no such counterpart; the query should cast it to text.</exception>
    internal object? GetValue(int column)
    {
        if (IsNull(column))
            return null;
        DuckDbColumnType type = Types[column];
        return type.Id switch
        {
            DuckDbTypeId.Boolean => GetBoolean(column),
            DuckDbTypeId.TinyInt or DuckDbTypeId.SmallInt or DuckDbTypeId.Integer or DuckDbTypeId.BigInt
                or DuckDbTypeId.UTinyInt or DuckDbTypeId.USmallInt or DuckDbTypeId.UInteger => GetInt64(column),
            DuckDbTypeId.UBigInt => (decimal)Get<ulong>(column),
            DuckDbTypeId.HugeInt => (decimal)Get<Int128>(column),
            DuckDbTypeId.Decimal => GetDecimal(column, type),
            DuckDbTypeId.Float => Get<float>(column),
            DuckDbTypeId.Double => Get<double>(column),
            DuckDbTypeId.Varchar => GetString(column),
            DuckDbTypeId.Blob => GetBytes(column).ToArray(),
            DuckDbTypeId.Timestamp or DuckDbTypeId.TimestampTz =>
                DateTime.UnixEpoch.AddTicks(checked(Get<long>(column) * TimeSpan.TicksPerMicrosecond)),
            _ => throw new InvalidOperationException($"A result has a column of type {type.Id}, which has no counterpart here."),
        };
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        ReleaseChunk();
        fixed (DuckDbResultStruct* result = &_result)
            DuckDbNative.duckdb_destroy_result(result);
        GC.SuppressFinalize(this);
    }

    ~DuckDbResult() => Dispose();

    private decimal GetDecimal(int column, DuckDbColumnType type)
    {
        Int128 unscaled = type.Storage == DuckDbTypeId.HugeInt ? Get<Int128>(column) : GetInt64(column);
        decimal value = (decimal)unscaled;
        for (int i = 0; i < type.Scale; i++)
            value /= 10;
        return value;
    }

    private bool NextChunk()
    {
        ReleaseChunk();
        ObjectDisposedException.ThrowIf(_disposed, this);
        _chunk = DuckDbNative.duckdb_fetch_chunk(_result);
        if (_chunk == 0)
            return false;
        _chunkRows = (int)DuckDbNative.duckdb_data_chunk_get_size(_chunk);
        _row = 0;
        int columns = Types.Count;
        if (_vectors.Length != columns)
        {
            _vectors = new nint[columns];
            _validities = new nint[columns];
        }

        for (int i = 0; i < columns; i++)
        {
            DuckDbVector vector = new(DuckDbNative.duckdb_data_chunk_get_vector(_chunk, (ulong)i));
            _vectors[i] = (nint)vector.Data<byte>();
            _validities[i] = (nint)vector.Validity;
        }

        return true;
    }

    private void ReleaseChunk()
    {
        _chunkRows = 0;
        nint chunk = Interlocked.Exchange(ref _chunk, 0);
        if (chunk != 0)
            DuckDbNative.duckdb_destroy_data_chunk(&chunk);
    }

    private DuckDbColumnType[] ReadTypes() => TypesOf(ref _result);

    /// <summary>The types of a result's columns.</summary>
    internal static DuckDbColumnType[] TypesOf(ref DuckDbResultStruct of)
    {
        fixed (DuckDbResultStruct* result = &of)
        {
            DuckDbColumnType[] types = new DuckDbColumnType[(int)DuckDbNative.duckdb_column_count(result)];
            for (int i = 0; i < types.Length; i++)
            {
                nint type = DuckDbNative.duckdb_column_logical_type(result, (ulong)i);
                types[i] = DuckDbColumnType.Of(type);
                DuckDbNative.duckdb_destroy_logical_type(&type);
            }

            return types;
        }
    }
}
