using System.Globalization;
using System.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>
/// Resume tokens of change streams: documents with the one field <c>_data</c>, hex digits that begin with the kind of a timestamp (82) and the
/// timestamp itself, so that tokens of one stream are in order as texts. Source: the server's <c>resume_token.h</c>.
/// </summary>
internal static class ResumeToken
{
    private const string JsonMark = "{";
    private const int TimeStart = 2;
    private const int TimeEnd = TimeStart + 16;

    /// <summary>The token as text: the digits alone where there is nothing else in it.</summary>
    public static string Print(ReadOnlySpan<byte> token)
    {
        var reader = new BsonReader(token);
        if (reader.Next() && reader.Name.SequenceEqual("_data"u8) && reader.Type == BsonType.String)
        {
            string data = Encoding.UTF8.GetString(reader.GetString());
            if (!reader.Next())
            {
                return data;
            }
        }

        using var json = new ByteBuffer();
        ExtendedJsonWriter.WriteDocument(token, json, ExtendedJsonMode.Canonical);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    /// <summary>Reads what <see cref="Print"/> wrote.</summary>
    public static byte[] Parse(string text) => text.StartsWith(JsonMark, StringComparison.Ordinal)
        ? ExtendedJsonReader.ReadDocument(text)
        : Documents.Make(w => w.WriteString("_data"u8, Encoding.UTF8.GetBytes(text)));

    /// <summary>The timestamp within a token; 0 where it has another form.</summary>
    public static ulong TimeOf(ReadOnlySpan<byte> token)
    {
        if (token.IsEmpty)
        {
            return 0;
        }

        var reader = new BsonReader(token);
        if (!reader.Find("_data"u8) || reader.Type != BsonType.String)
        {
            return 0;
        }

        ReadOnlySpan<byte> data = reader.GetString();
        return data.Length >= TimeEnd && data[..TimeStart].SequenceEqual("82"u8)
            && ulong.TryParse(data[TimeStart..TimeEnd], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong time)
            ? time
            : 0;
    }
}
