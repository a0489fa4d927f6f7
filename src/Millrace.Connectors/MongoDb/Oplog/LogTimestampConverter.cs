using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>Timestamps of the log as positions show them; the greatest number, which no entry has, as <c>on</c>.</summary>
internal sealed class LogTimestampConverter : JsonConverter<ulong>
{
    private const string GoesOn = "on";

    /// <inheritdoc/>
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
        return text == GoesOn ? ulong.MaxValue
            : MongoDbPositions.TryParseTimestamp(text, out ulong timestamp) ? timestamp
            : throw new JsonException($"'{text}' is no timestamp of a log.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value == ulong.MaxValue ? GoesOn : MongoDbPositions.Oplog(value).Value);
}
