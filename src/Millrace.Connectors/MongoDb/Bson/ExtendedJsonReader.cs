using System.Text;
using System.Text.Json;
using System.Text.Unicode;

using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>
/// Reads MongoDB Extended JSON into BSON: filters in a project file, metadata of dumps, tests. Not for the hot path.
/// Source: MongoDB's Extended JSON specification, version 2.
/// </summary>
/// <remarks>
/// Plain numbers become int32 where they fit, else int64, else double; with a point or an exponent always double. Names keep their
/// order and their duplicates. <c>$regex</c>, <c>$type</c> and <c>$ref</c> stay documents: they are operators and references.
/// </remarks>
public static class ExtendedJsonReader
{
    /// <summary>Reads one document.</summary>
    /// <param name="json">UTF-8; comments and trailing commas are not allowed.</param>
    /// <param name="dialect">Version 2 by default.</param>
    /// <returns>The document as BSON.</returns>
    /// <exception cref="MillraceException">MR1104 when it is not Extended JSON; MR1103 when BSON cannot store it.</exception>
    public static byte[] ReadDocument(ReadOnlySpan<byte> json, ExtendedJsonDialect dialect = ExtendedJsonDialect.V2)
    {
        using var buffer = new ByteBuffer(json.Length);
        ReadDocument(json, buffer, dialect);
        return buffer.WrittenSpan.ToArray();
    }

    /// <inheritdoc cref="ReadDocument(ReadOnlySpan{byte}, ExtendedJsonDialect)"/>
    public static byte[] ReadDocument(string json, ExtendedJsonDialect dialect = ExtendedJsonDialect.V2)
    {
        ArgumentNullException.ThrowIfNull(json);
        return ReadDocument(Encoding.UTF8.GetBytes(json), dialect);
    }

    /// <summary>Reads one document and appends it to <paramref name="output"/>; on an error nothing is appended.</summary>
    /// <inheritdoc cref="ReadDocument(ReadOnlySpan{byte}, ExtendedJsonDialect)"/>
    /// <param name="json">UTF-8; comments and trailing commas are not allowed.</param>
    /// <param name="output">Where the document goes.</param>
    /// <param name="dialect">Version 2 by default.</param>
    public static void ReadDocument(
        ReadOnlySpan<byte> json, ByteBuffer output, ExtendedJsonDialect dialect = ExtendedJsonDialect.V2)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!Utf8.IsValid(json))
        {
            BsonThrow.BadJson("the text is not UTF-8");
        }

        var writer = new BsonWriter(output);
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = BsonLimits.MaxDepth });
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                BsonThrow.BadJson("a document has to be a JSON object");
            }

            writer.StartDocument();
            ReadMembers(ref reader, writer, new ExtendedJsonWrappers(writer, dialect));
            if (reader.Read())
            {
                BsonThrow.BadJson("something follows the document");
            }

            writer.End();
        }
        catch (JsonException error)
        {
            writer.Abandon();
            BsonThrow.BadJson(error.Message.TrimEnd('.'));
        }
        catch (MillraceException)
        {
            writer.Abandon();
            throw;
        }
    }

    /// <summary>The text of a string or name token, unescaped.</summary>
    internal static ReadOnlySpan<byte> Text(scoped ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan;
        }

        var text = new byte[reader.ValueSpan.Length];
        try
        {
            return text.AsSpan(0, reader.CopyString(text));
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for half a surrogate pair, which has no UTF-8 form.
            BsonThrow.BadJson("an escape is half of a surrogate pair");
            return default;
        }
    }

    /// <summary>Reads the members of the object that <paramref name="reader"/> has just entered, and its end.</summary>
    internal static void ReadMembers(ref Utf8JsonReader reader, BsonWriter writer, ExtendedJsonWrappers wrappers)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Text(ref reader);
            reader.Read();
            ReadValue(ref reader, name, writer, wrappers);
        }
    }

    private static void ReadValue(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name, BsonWriter writer, ExtendedJsonWrappers wrappers)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                writer.WriteString(name, Text(ref reader));
                break;
            case JsonTokenType.Number:
                ReadNumber(ref reader, name, writer);
                break;
            case JsonTokenType.True or JsonTokenType.False:
                writer.WriteBoolean(name, reader.TokenType == JsonTokenType.True);
                break;
            case JsonTokenType.Null:
                writer.WriteNull(name);
                break;
            case JsonTokenType.StartArray:
                writer.StartArray(name);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    ReadValue(ref reader, default, writer, wrappers);
                }

                writer.End();
                break;
            case JsonTokenType.StartObject:
                if (!wrappers.TryRead(ref reader, name))
                {
                    writer.StartDocument(name);
                    ReadMembers(ref reader, writer, wrappers);
                    writer.End();
                }

                break;
            default:
                BsonThrow.BadJson($"{reader.TokenType} where a value should be");
                break;
        }
    }

    private static void ReadNumber(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name, BsonWriter writer)
    {
        if (reader.TryGetInt32(out var small))
        {
            writer.WriteInt32(name, small);
        }
        else if (reader.TryGetInt64(out var large))
        {
            writer.WriteInt64(name, large);
        }
        else if (reader.TryGetDouble(out var number) && double.IsFinite(number))
        {
            writer.WriteDouble(name, number);
        }
        else
        {
            BsonThrow.BadJson("a number is too large for a double");
        }
    }
}
