using System.Buffers;
using System.Runtime.CompilerServices;

using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// Prints BSON as MongoDB Extended JSON v2, in UTF-8 without white space. Duplicate names stay, in their order. What comes out is
/// always valid UTF-8 and valid JSON: a text that is not UTF-8 is an error, never a replacement character.
/// </summary>
/// <remarks>
/// Iterative: depth costs no stack. Allocates nothing but the output (and, past 64 levels, a pooled stack). After an error the
/// output holds a part of the value; the caller takes it back. Source: MongoDB's Extended JSON specification, version 2.
/// </remarks>
public static class ExtendedJsonWriter
{
    private const int InlineFrames = 64;

    /// <summary>Prints a document.</summary>
    /// <param name="document">Exactly one document; untrusted.</param>
    /// <param name="output">Where the JSON goes.</param>
    /// <param name="mode">Relaxed by default.</param>
    /// <exception cref="MillraceException">MR1101 when the document is not valid BSON.</exception>
    public static void WriteDocument(
        ReadOnlySpan<byte> document, IBufferWriter<byte> output, ExtendedJsonMode mode = ExtendedJsonMode.Relaxed)
    {
        var sink = new JsonSink(output);
        Walk(document, isArray: false, ref sink, mode);
        sink.Flush();
    }

    /// <summary>Prints one value of any type.</summary>
    /// <param name="value">The value; untrusted.</param>
    /// <param name="output">Where the JSON goes.</param>
    /// <param name="mode">Relaxed by default.</param>
    /// <exception cref="MillraceException">MR1101 when a document in the value is not valid BSON.</exception>
    public static void WriteValue(
        BsonValue value, IBufferWriter<byte> output, ExtendedJsonMode mode = ExtendedJsonMode.Relaxed)
    {
        var sink = new JsonSink(output);
        switch (value.Type)
        {
            case BsonType.Document or BsonType.Array:
                Walk(value.Bytes, value.Type == BsonType.Array, ref sink, mode);
                break;
            case BsonType.JavaScriptWithScope:
                ExtendedJsonScalars.WriteCodePrefix(value.GetJavaScriptWithScope(out var scope), ref sink);
                Walk(scope, isArray: false, ref sink, mode);
                sink.Write((byte)'}');
                break;
            default:
                ExtendedJsonScalars.Write(value, ref sink, mode);
                break;
        }

        sink.Flush();
    }

    private static void Walk(ReadOnlySpan<byte> document, bool isArray, ref JsonSink sink, ExtendedJsonMode mode)
    {
        Frame[]? pooled = null;
        sink.Write(isArray ? (byte)'[' : (byte)'{');
        try
        {
            WriteElements(document, isArray ? Closing.Array : Closing.Document, ref pooled, ref sink, mode);
        }
        finally
        {
            if (pooled is not null)
            {
                ArrayPool<Frame>.Shared.Return(pooled);
            }
        }
    }

    /// <summary>Prints what stands between the brackets of a document, nested ones included, and the closing bracket.</summary>
    [SkipLocalsInit]
    private static void WriteElements(
        ReadOnlySpan<byte> document, Closing closing, ref Frame[]? pooled, ref JsonSink sink, ExtendedJsonMode mode)
    {
        Span<Frame> frames = stackalloc Frame[InlineFrames];
        var depth = 0;
        var reader = new BsonReader(document);
        var first = true;
        while (true)
        {
            if (!reader.Next())
            {
                sink.Write(ClosingText(closing));
                if (depth == 0)
                {
                    return;
                }

                var outer = frames[--depth];
                reader = BsonReader.Resume(document, outer.Next, outer.End);
                closing = outer.Closing;
                first = false;
                continue;
            }

            WriteSeparator(in reader, first, closing == Closing.Array, ref sink);
            first = false;
            var innerOffset = OpenNested(in reader, ref sink, out var inner);
            if (innerOffset < 0)
            {
                ExtendedJsonScalars.Write(reader.Current, ref sink, mode);
                continue;
            }

            if (depth == frames.Length)
            {
                frames = Grow(frames, ref pooled);
            }

            frames[depth++] = new Frame(reader.NextOffset, reader.End, closing);
            reader = reader.Enter(innerOffset);
            closing = inner;
            first = true;
        }
    }

    private static void WriteSeparator(in BsonReader reader, bool first, bool inArray, ref JsonSink sink)
    {
        if (!first)
        {
            sink.Write((byte)',');
        }

        if (!inArray)
        {
            sink.WriteText(reader.Name);
            sink.Write((byte)':');
        }
    }

    /// <summary>Prints what opens a nested document and says where in the value it starts; -1 when the value has none.</summary>
    private static int OpenNested(in BsonReader reader, ref JsonSink sink, out Closing closing)
    {
        switch (reader.Type)
        {
            case BsonType.Document:
                sink.Write((byte)'{');
                closing = Closing.Document;
                return 0;
            case BsonType.Array:
                sink.Write((byte)'[');
                closing = Closing.Array;
                return 0;
            case BsonType.JavaScriptWithScope:
                ExtendedJsonScalars.WriteCodePrefix(reader.Current.GetJavaScriptWithScope(out var scope), ref sink);
                sink.Write((byte)'{');
                closing = Closing.Scope;
                return reader.Value.Length - scope.Length;
            default:
                closing = Closing.Document;
                return -1;
        }
    }

    private static ReadOnlySpan<byte> ClosingText(Closing closing) => closing switch
    {
        Closing.Array => "]"u8,
        Closing.Scope => "}}"u8,
        _ => "}"u8,
    };

    /// <summary>Moves the enclosing documents to twice the room, in pooled memory.</summary>
    private static Span<Frame> Grow(scoped Span<Frame> frames, ref Frame[]? pooled)
    {
        var larger = ArrayPool<Frame>.Shared.Rent(2 * frames.Length);
        frames.CopyTo(larger);
        if (pooled is not null)
        {
            ArrayPool<Frame>.Shared.Return(pooled);
        }

        pooled = larger;
        return larger;
    }

    private enum Closing : byte
    {
        Document,
        Array,
        Scope,
    }

    /// <summary>A document around the current one: where to go on in it, and how it ends.</summary>
    private readonly record struct Frame(int Next, int End, Closing Closing);
}
