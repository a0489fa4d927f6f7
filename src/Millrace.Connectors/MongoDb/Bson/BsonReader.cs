using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// Walks the elements of one BSON document, forward only, without allocating. The bytes are untrusted: every length is
/// checked against the document before use, so that no accessor can read outside of it.
/// </summary>
/// <remarks>
/// The reader checks structure (lengths, terminators, known types) as it goes. It does not check UTF-8, booleans or the
/// inside of nested documents that are not entered; <see cref="BsonValidator"/> does.
/// Format: bsonspec.org, version 1.1.
/// </remarks>
public ref struct BsonReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _terminator;
    private int _next;
    private int _nameStart;
    private int _valueStart;
    private BsonType _type;

    /// <summary>Starts before the first element of <paramref name="document"/>.</summary>
    /// <param name="document">Exactly one document, its length prefix and terminator included.</param>
    /// <exception cref="MillraceException">MR1101 when the envelope is wrong.</exception>
    public BsonReader(ReadOnlySpan<byte> document)
        : this(document, 0, EnvelopeEnd(document))
    {
    }

    private BsonReader(ReadOnlySpan<byte> bytes, int start, int end)
    {
        _bytes = bytes;
        _terminator = end - 1;
        _next = start + sizeof(int);
        _nameStart = _next;
        _valueStart = _next;
    }

    /// <summary>The type of the current element.</summary>
    public readonly BsonType Type => _type;

    /// <summary>The name of the current element as it stands in the document: UTF-8 without the terminator, not validated.</summary>
    public readonly ReadOnlySpan<byte> Name => _bytes[_nameStart..(_valueStart - 1)];

    /// <summary>The raw bytes of the current value: what stands between this name's terminator and the next type byte.</summary>
    public readonly ReadOnlySpan<byte> Value => _bytes[_valueStart.._next];

    /// <summary>The current value with its type.</summary>
    public readonly BsonValue Current => new(_type, Value);

    /// <summary>Where the current value starts, counted in bytes from the start of the span that the reader was made on.</summary>
    public readonly int ValueOffset => _valueStart;

    /// <summary>Where the next element (or the terminator) starts; with <see cref="End"/> enough to go on later.</summary>
    internal readonly int NextOffset => _next;

    /// <summary>One past the document's terminator.</summary>
    internal readonly int End => _terminator + 1;

    /// <summary>Moves to the next element.</summary>
    /// <returns>False at the end of the document.</returns>
    /// <exception cref="MillraceException">MR1101 when the element runs past the document or its type is unknown.</exception>
    public bool Next()
    {
        var at = _next;
        if (at >= _terminator)
        {
            return false;
        }

        var type = _bytes[at];
        var nameLength = _bytes[(at + 1).._terminator].IndexOf((byte)0);
        if (nameLength < 0)
        {
            BsonThrow.Corrupt(at, type == 0 ? BsonErrorReason.EarlyTerminator : BsonErrorReason.NameNotTerminated);
        }

        var valueStart = at + nameLength + 2;
        var rest = _bytes[valueStart.._terminator];
        var reason = BsonLayout.Measure(type, rest, out var length);
        if (reason != BsonErrorReason.None)
        {
            BsonThrow.Corrupt(valueStart, reason);
        }

        _type = (BsonType)type;
        _nameStart = at + 1;
        _valueStart = valueStart;
        _next = valueStart + length;
        return true;
    }

    /// <summary>Moves to the first element called <paramref name="name"/> that comes after the current one.</summary>
    /// <returns>False when there is none; the reader then stands at the end.</returns>
    public bool Find(ReadOnlySpan<byte> name)
    {
        while (Next())
        {
            if (Name.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc cref="BsonValue.GetDouble"/>
    public readonly double GetDouble() => Current.GetDouble();

    /// <inheritdoc cref="BsonValue.GetString"/>
    public readonly ReadOnlySpan<byte> GetString() => Current.GetString();

    /// <inheritdoc cref="BsonValue.GetDocument"/>
    public readonly ReadOnlySpan<byte> GetDocument() => Current.GetDocument();

    /// <inheritdoc cref="BsonValue.GetBinary"/>
    public readonly ReadOnlySpan<byte> GetBinary(out byte subtype) => Current.GetBinary(out subtype);

    /// <inheritdoc cref="BsonValue.GetObjectId"/>
    public readonly ReadOnlySpan<byte> GetObjectId() => Current.GetObjectId();

    /// <inheritdoc cref="BsonValue.GetBoolean"/>
    public readonly bool GetBoolean() => Current.GetBoolean();

    /// <inheritdoc cref="BsonValue.GetDateTimeMillis"/>
    public readonly long GetDateTimeMillis() => Current.GetDateTimeMillis();

    /// <inheritdoc cref="BsonValue.GetInt32"/>
    public readonly int GetInt32() => Current.GetInt32();

    /// <inheritdoc cref="BsonValue.GetTimestamp"/>
    public readonly ulong GetTimestamp() => Current.GetTimestamp();

    /// <inheritdoc cref="BsonValue.GetInt64"/>
    public readonly long GetInt64() => Current.GetInt64();

    /// <inheritdoc cref="BsonValue.GetDecimal128"/>
    public readonly Decimal128 GetDecimal128() => Current.GetDecimal128();

    /// <summary>Continues a walk of <paramref name="bytes"/> at a place that an earlier reader of the same bytes had reached.</summary>
    internal static BsonReader Resume(ReadOnlySpan<byte> bytes, int next, int end) => new(bytes, next - sizeof(int), end);

    /// <summary>A reader of the document inside the current value, at offsets of the same bytes.</summary>
    /// <param name="documentOffset">Where in the value the document starts: 0, or past the code of a code with scope.</param>
    internal readonly BsonReader Enter(int documentOffset = 0) => new(_bytes, _valueStart + documentOffset, _next);

    private static int EnvelopeEnd(ReadOnlySpan<byte> document)
    {
        var reason = BsonLayout.CheckEnvelope(document);
        if (reason != BsonErrorReason.None)
        {
            BsonThrow.Corrupt(0, reason);
        }

        return document.Length;
    }
}
