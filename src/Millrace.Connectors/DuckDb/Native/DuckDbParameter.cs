using System.Text;

namespace Millrace.Connectors.DuckDb.Native;

/// <summary>A value bound to a statement's parameter.</summary>
internal readonly struct DuckDbParameter
{
    private enum Kind { Null, Boolean, Int64, Double, Text, Bytes, TimestampTz }

    private readonly Kind _kind;
    private readonly long _integer;
    private readonly double _double;
    private readonly ReadOnlyMemory<byte> _bytes;

    private DuckDbParameter(Kind kind, long integer = 0, double number = 0, ReadOnlyMemory<byte> bytes = default)
    {
        _kind = kind;
        _integer = integer;
        _double = number;
        _bytes = bytes;
    }

    internal static DuckDbParameter Null => default;

    internal static DuckDbParameter Of(bool value) => new(Kind.Boolean, value ? 1 : 0);

    internal static DuckDbParameter Of(long value) => new(Kind.Int64, value);

    internal static DuckDbParameter Of(double value) => new(Kind.Double, number: value);

    internal static DuckDbParameter Of(string? value) =>
        value is null ? Null : new(Kind.Text, bytes: Encoding.UTF8.GetBytes(value));

    internal static DuckDbParameter OfUtf8(ReadOnlyMemory<byte> value) => new(Kind.Text, bytes: value);

    internal static DuckDbParameter OfBytes(ReadOnlyMemory<byte> value) => new(Kind.Bytes, bytes: value);

    /// <summary>A moment; DuckDB keeps microseconds.</summary>
    internal static DuckDbParameter Of(DateTimeOffset value) =>
        new(Kind.TimestampTz, (value.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    /// <summary>Binds this value; returns false when DuckDB refuses it.</summary>
    internal unsafe bool Bind(nint prepared, ulong index)
    {
        fixed (byte* data = _bytes.Span)
        {
            return 0 == _kind switch
            {
                Kind.Boolean => DuckDbNative.duckdb_bind_boolean(prepared, index, _integer != 0),
                Kind.Int64 => DuckDbNative.duckdb_bind_int64(prepared, index, _integer),
                Kind.Double => DuckDbNative.duckdb_bind_double(prepared, index, _double),
                Kind.Text => DuckDbNative.duckdb_bind_varchar_length(prepared, index, NotNull(data), (ulong)_bytes.Length),
                Kind.Bytes => DuckDbNative.duckdb_bind_blob(prepared, index, NotNull(data), (ulong)_bytes.Length),
                Kind.TimestampTz => DuckDbNative.duckdb_bind_timestamp_tz(prepared, index, _integer),
                _ => DuckDbNative.duckdb_bind_null(prepared, index),
            };
        }
    }

    // An empty span pins as null, which DuckDB takes for no string at all.
    private static unsafe byte* NotNull(byte* data) => data != null ? data : (byte*)1;
}
