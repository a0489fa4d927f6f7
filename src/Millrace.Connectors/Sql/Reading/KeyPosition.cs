using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>
/// A place in a relation that is read in the order of its key, printed as <c>postgres.key/{"after":["17"]}</c>: values as text, one for each column of the
/// key. <c>from</c> (inclusive) and <c>to</c> (exclusive) bound a part of the relation, <c>end</c> says that all of it was read.
/// </summary>
/// <param name="From">The part's first key; null where it begins with the relation.</param>
/// <param name="To">The key that is past the part; null where it ends with the relation.</param>
/// <param name="After">The last key that was read; null at the part's beginning.</param>
/// <param name="IsEnd">True where the part was read to its end.</param>
internal sealed record KeyPosition(string[]? From, string[]? To, string[]? After, bool IsEnd)
{
    private const string Suffix = ".key";
    private static readonly JsonSerializerOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>All of a relation, from its beginning.</summary>
    public static KeyPosition Start { get; } = new(null, null, null, false);

    /// <summary>The printed form.</summary>
    /// <param name="scheme">The engine's.</param>
    public Position Print(string scheme)
    {
        var json = new JsonObject();
        Set(json, "from", From);
        Set(json, "to", To);
        Set(json, "after", IsEnd ? null : After);
        if (IsEnd)
        {
            json["end"] = true;
        }

        return new($"{scheme}{Suffix}/{json.ToJsonString(Format)}");
    }

    /// <summary>Reads a printed form.</summary>
    /// <param name="position">The position.</param>
    /// <param name="scheme">The engine's.</param>
    /// <param name="columns">Columns of the key.</param>
    /// <exception cref="MillraceException">
    /// <see cref="ErrorCodes.InvalidConfiguration"/>: it is none of this kind. <see cref="ErrorCodes.HistoryLost"/>: the key has other columns since.
    /// </exception>
    public static KeyPosition Parse(Position position, string scheme, int columns)
    {
        try
        {
            var json = position.Scheme == scheme + Suffix ? JsonNode.Parse(position.Value) as JsonObject : null;
            if (json is not null)
            {
                var parsed = new KeyPosition(Get(json, "from"), Get(json, "to"), Get(json, "after"), json["end"]?.GetValue<bool>() == true);
                return new[] { parsed.From, parsed.To, parsed.After }.All(v => v is null || v.Length == columns) ? parsed : throw OtherKey(position);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Told below.
        }

        throw new MillraceException(
            ErrorCodes.InvalidConfiguration,
            $"'{position}' is not a place in the order of a key.",
            "Write it as `millrace checkpoints list` prints it, or reset the task's checkpoints.");
    }

    private static MillraceException OtherKey(Position position) => new(
        ErrorCodes.HistoryLost,
        $"A part of the table was read up to {position}, and its primary key has other columns now.",
        "Read it from its start: `millrace run JOB --full-refresh`, or on_history_lost: resnapshot on the task's source.");

    private static void Set(JsonObject json, string name, string[]? values)
    {
        if (values is not null)
        {
            json[name] = new JsonArray([.. values.Select(v => (JsonNode)v)]);
        }
    }

    private static string[]? Get(JsonObject json, string name) =>
        json[name] is JsonArray values ? [.. values.Select(v => v!.GetValue<string>())] : null;
}
