using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Millrace.Core.Engine.Shaping.Nesting;

/// <summary>Small helpers over <see cref="Utf8JsonReader"/>.</summary>
internal static class JsonText
{
    /// <summary>Documents nest deeper than the reader's default of 64.</summary>
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 1024 };

    /// <summary>A reader that stands on the first token of a value.</summary>
    public static Utf8JsonReader Open(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        return reader;
    }

    /// <summary>The bytes of the value that the reader stands on; the reader is left on its last token.</summary>
    public static ReadOnlySpan<byte> TakeRaw(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }

    /// <summary>True where the name or string that the reader stands on is <paramref name="text"/>.</summary>
    public static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> text) => reader.ValueTextEquals(text);

    /// <summary>Writes the unescaped text of the name or string that the reader stands on.</summary>
    public static void CopyText(ref Utf8JsonReader reader, IBufferWriter<byte> output)
    {
        if (!reader.ValueIsEscaped)
        {
            output.Write(reader.ValueSpan);
            return;
        }

        // Unescaping never makes a text longer.
        output.Advance(reader.CopyString(output.GetSpan(reader.ValueSpan.Length)));
    }

    /// <summary>True for an object whose first field begins with a dollar sign: extended JSON of one value, not a nested document.</summary>
    public static bool IsWrapper(Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.StartObject && reader.Read() && reader.TokenType == JsonTokenType.PropertyName
            && reader.ValueSpan.StartsWith("$"u8);

    /// <summary>The text of a string that is short by its nature.</summary>
    public static string? ShortText(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString() : null;

    /// <summary>UTF-8 bytes of a name.</summary>
    public static byte[] Utf8(string name) => Encoding.UTF8.GetBytes(name);
}
