using System.Runtime.CompilerServices;

using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// Checks a whole document, nested ones included: lengths, terminators, types, booleans, UTF-8 of names and texts, depth.
/// What passes can be read and printed in full without an error.
/// </summary>
public static class BsonValidator
{
    /// <summary>Checks <paramref name="document"/>.</summary>
    /// <exception cref="MillraceException">MR1101 with the reason and the offset when it is not valid.</exception>
    public static void Validate(ReadOnlySpan<byte> document)
    {
        if (!TryValidate(document, out var error))
        {
            BsonThrow.Corrupt(error);
        }
    }

    /// <summary>Checks <paramref name="document"/> without throwing. Iterative: depth costs no stack.</summary>
    /// <param name="document">Exactly one document.</param>
    /// <param name="error">The first thing wrong, by offset.</param>
    /// <returns>Whether the document is valid.</returns>
    [SkipLocalsInit]
    public static bool TryValidate(ReadOnlySpan<byte> document, out BsonError error)
    {
        var at = 0;
        var reason = BsonLayout.CheckEnvelope(document);
        if (reason == BsonErrorReason.None)
        {
            reason = Walk(document, stackalloc int[BsonLimits.MaxDepth], out at);
        }

        error = reason == BsonErrorReason.None ? default : new BsonError(reason, at);
        return reason == BsonErrorReason.None;
    }

    /// <summary>Checks every element of a document whose envelope is right.</summary>
    /// <param name="document">The document.</param>
    /// <param name="enclosing">Room for the ends of the documents around the current one.</param>
    /// <param name="errorAt">Where the error is.</param>
    private static BsonErrorReason Walk(ReadOnlySpan<byte> document, Span<int> enclosing, out int errorAt)
    {
        var depth = 0;
        var end = document.Length;
        var at = sizeof(int);
        errorAt = 0;
        while (true)
        {
            if (at == end - 1)
            {
                if (depth == 0)
                {
                    return BsonErrorReason.None;
                }

                at = end;
                end = enclosing[--depth];
                continue;
            }

            var reason = CheckElement(document[..(end - 1)], ref at, out var length, out var inner);
            if (reason != BsonErrorReason.None || (inner > 0 && depth == enclosing.Length))
            {
                errorAt = at;
                return reason == BsonErrorReason.None ? BsonErrorReason.TooDeep : reason;
            }

            at += length;
            if (inner > 0)
            {
                // A nested document is the last thing in its value, so its end is where the walk goes on.
                enclosing[depth++] = end;
                end = at;
                at = end - inner + sizeof(int);
            }
        }
    }

    /// <summary>Checks the element at <paramref name="at"/> but not the document inside it.</summary>
    /// <param name="bytes">Everything up to the terminator of the enclosing document.</param>
    /// <param name="at">In: the type byte. Out: the value, or the place of the error.</param>
    /// <param name="length">Bytes of the value.</param>
    /// <param name="inner">Bytes of the nested document at the value's end; 0 when there is none.</param>
    private static BsonErrorReason CheckElement(ReadOnlySpan<byte> bytes, ref int at, out int length, out int inner)
    {
        length = 0;
        inner = 0;
        var type = bytes[at];
        var name = bytes[(at + 1)..];
        var nameLength = ShortText.NameLength(name, out var isUtf8);
        if (nameLength < 0)
        {
            return type == 0 ? BsonErrorReason.EarlyTerminator : BsonErrorReason.NameNotTerminated;
        }

        if (!isUtf8)
        {
            return BsonErrorReason.InvalidUtf8;
        }

        at += nameLength + 2;
        var rest = bytes[at..];
        var reason = BsonLayout.Measure(type, rest, out length);
        return reason == BsonErrorReason.None ? CheckValue((BsonType)type, rest[..length], out inner) : reason;
    }

    private static BsonErrorReason CheckValue(BsonType type, ReadOnlySpan<byte> bytes, out int inner)
    {
        inner = 0;
        var value = new BsonValue(type, bytes);
        switch (type)
        {
            case BsonType.String or BsonType.JavaScript or BsonType.Symbol:
                return CheckText(value.GetString());
            case BsonType.Document or BsonType.Array:
                inner = bytes.Length;
                return BsonErrorReason.None;
            case BsonType.Boolean:
                return bytes[0] <= 1 ? BsonErrorReason.None : BsonErrorReason.BadBoolean;
            case BsonType.RegularExpression:
                return CheckText(bytes);
            case BsonType.DbPointer:
                return CheckText(value.GetDbPointer(out _));
            case BsonType.JavaScriptWithScope:
                var code = value.GetJavaScriptWithScope(out var scope);
                inner = scope.Length;
                return CheckText(code);
            default:
                return BsonErrorReason.None;
        }
    }

    private static BsonErrorReason CheckText(ReadOnlySpan<byte> text) =>
        ShortText.IsUtf8(text) ? BsonErrorReason.None : BsonErrorReason.InvalidUtf8;
}
