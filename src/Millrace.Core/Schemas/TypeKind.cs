namespace Millrace.Core.Schemas;

/// <summary>The kinds of value that move through Millrace, each with one physical form in a column.</summary>
public enum TypeKind : byte
{
    /// <summary><see cref="bool"/>.</summary>
    Boolean,

    /// <summary><see cref="short"/>.</summary>
    Int16,

    /// <summary><see cref="int"/>.</summary>
    Int32,

    /// <summary><see cref="long"/>.</summary>
    Int64,

    /// <summary><see cref="float"/>.</summary>
    Float32,

    /// <summary><see cref="double"/>.</summary>
    Float64,

    /// <summary><see cref="System.Int128"/>, scaled by the type's scale; up to 38 digits.</summary>
    Decimal,

    /// <summary>UTF-8 bytes.</summary>
    Text,

    /// <summary>UTF-8 bytes of one JSON value.</summary>
    Json,

    /// <summary>Raw bytes.</summary>
    Bytes,

    /// <summary><see cref="Guid"/>.</summary>
    Uuid,

    /// <summary><see cref="int"/>: days since 1970-01-01.</summary>
    Date,

    /// <summary><see cref="long"/>: 100 ns ticks since midnight.</summary>
    Time,

    /// <summary><see cref="long"/>: 100 ns ticks since 1970-01-01T00:00:00 (in UTC when the type says so, else naive).</summary>
    Timestamp,
}
