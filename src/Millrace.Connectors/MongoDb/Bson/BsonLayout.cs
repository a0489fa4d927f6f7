using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>How many bytes a value of each type takes. The one place that turns untrusted lengths into checked ones.</summary>
internal static class BsonLayout
{
    private const int ObjectIdLength = 12;
    private const sbyte Variable = -1;
    private const sbyte Unknown = -2;

    /// <summary>Bytes of the fixed-width types by type byte, 0x00 to 0x13.</summary>
    private static ReadOnlySpan<sbyte> FixedLengths =>
    [
        Unknown, 8, Variable, Variable, Variable, Variable, 0, ObjectIdLength, 1, 8, 0,
        Variable, Variable, Variable, Variable, Variable, 4, 8, 8, 16,
    ];

    /// <summary>Measures the value at the start of <paramref name="rest"/>.</summary>
    /// <param name="type">The type byte, as it stands in the document.</param>
    /// <param name="rest">What the enclosing document has left, without its terminator.</param>
    /// <param name="length">Bytes of the value; never more than <paramref name="rest"/> has when the result is None.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static BsonErrorReason Measure(byte type, ReadOnlySpan<byte> rest, out int length)
    {
        var fixedLengths = FixedLengths;
        if (type < fixedLengths.Length && (length = fixedLengths[type]) >= 0)
        {
            return length <= rest.Length ? BsonErrorReason.None : BsonErrorReason.ValueTruncated;
        }

        return MeasureVariable(type, rest, out length);
    }

    /// <summary>Checks the length prefix and the terminator of a document that should fill <paramref name="document"/>.</summary>
    public static BsonErrorReason CheckEnvelope(ReadOnlySpan<byte> document)
    {
        if (document.Length < BsonLimits.MinDocumentLength
            || BinaryPrimitives.ReadInt32LittleEndian(document) != document.Length)
        {
            return BsonErrorReason.BadDocumentLength;
        }

        return document[^1] == 0 ? BsonErrorReason.None : BsonErrorReason.NotTerminated;
    }

    /// <summary>Measures a length-prefixed string: prefix, bytes and terminator.</summary>
    public static BsonErrorReason MeasureString(ReadOnlySpan<byte> rest, out int length)
    {
        length = 0;
        if (rest.Length < sizeof(int))
        {
            return BsonErrorReason.ValueTruncated;
        }

        var text = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (text < 1 || text > rest.Length - sizeof(int))
        {
            return BsonErrorReason.BadStringLength;
        }

        length = sizeof(int) + text;
        return rest[length - 1] == 0 ? BsonErrorReason.None : BsonErrorReason.StringNotTerminated;
    }

    private static BsonErrorReason MeasureVariable(byte type, ReadOnlySpan<byte> rest, out int length)
    {
        switch ((BsonType)type)
        {
            case BsonType.String or BsonType.JavaScript or BsonType.Symbol:
                return MeasureString(rest, out length);
            case BsonType.Document or BsonType.Array:
                return MeasureDocument(rest, out length);
            case BsonType.Binary:
                return MeasureBinary(rest, out length);
            case BsonType.RegularExpression:
                return MeasureRegularExpression(rest, out length);
            case BsonType.DbPointer:
                var reason = MeasureString(rest, out length);
                length += ObjectIdLength;
                return reason == BsonErrorReason.None && length > rest.Length ? BsonErrorReason.ValueTruncated : reason;
            case BsonType.JavaScriptWithScope:
                return MeasureCodeWithScope(rest, out length);
            case BsonType.MinKey or BsonType.MaxKey:
                length = 0;
                return BsonErrorReason.None;
            default:
                length = 0;
                return type == 0 ? BsonErrorReason.EarlyTerminator : BsonErrorReason.UnknownType;
        }
    }

    private static BsonErrorReason MeasureDocument(ReadOnlySpan<byte> rest, out int length)
    {
        length = 0;
        if (rest.Length < BsonLimits.MinDocumentLength)
        {
            return BsonErrorReason.ValueTruncated;
        }

        var stated = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (stated < BsonLimits.MinDocumentLength || stated > rest.Length)
        {
            return BsonErrorReason.BadDocumentLength;
        }

        length = stated;
        return rest[stated - 1] == 0 ? BsonErrorReason.None : BsonErrorReason.NotTerminated;
    }

    private static BsonErrorReason MeasureBinary(ReadOnlySpan<byte> rest, out int length)
    {
        const int header = sizeof(int) + 1;
        const byte oldGeneric = 0x02;
        length = 0;
        if (rest.Length < header)
        {
            return BsonErrorReason.ValueTruncated;
        }

        var stated = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (stated < 0 || stated > rest.Length - header)
        {
            return BsonErrorReason.BadBinaryLength;
        }

        length = header + stated;
        if (rest[sizeof(int)] != oldGeneric)
        {
            return BsonErrorReason.None;
        }

        // Subtype 2 repeats the length inside its bytes; the two must agree.
        return stated >= sizeof(int) && BinaryPrimitives.ReadInt32LittleEndian(rest[header..]) == stated - sizeof(int)
            ? BsonErrorReason.None
            : BsonErrorReason.BadBinaryLength;
    }

    private static BsonErrorReason MeasureRegularExpression(ReadOnlySpan<byte> rest, out int length)
    {
        length = 0;
        var pattern = rest.IndexOf((byte)0);
        if (pattern < 0)
        {
            return BsonErrorReason.StringNotTerminated;
        }

        var options = rest[(pattern + 1)..].IndexOf((byte)0);
        if (options < 0)
        {
            return BsonErrorReason.StringNotTerminated;
        }

        length = pattern + options + 2;
        return BsonErrorReason.None;
    }

    private static BsonErrorReason MeasureCodeWithScope(ReadOnlySpan<byte> rest, out int length)
    {
        const int smallest = sizeof(int) + sizeof(int) + 1 + BsonLimits.MinDocumentLength;
        length = 0;
        if (rest.Length < smallest)
        {
            return BsonErrorReason.ValueTruncated;
        }

        var stated = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (stated < smallest || stated > rest.Length)
        {
            return BsonErrorReason.BadCodeWithScope;
        }

        var inner = rest[sizeof(int)..stated];
        var reason = MeasureString(inner, out var code);
        if (reason != BsonErrorReason.None)
        {
            return reason;
        }

        reason = MeasureDocument(inner[code..], out var scope);
        if (reason != BsonErrorReason.None)
        {
            return reason;
        }

        length = stated;
        return sizeof(int) + code + scope == stated ? BsonErrorReason.None : BsonErrorReason.BadCodeWithScope;
    }
}
