using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>
/// The watermark of an incremental read, printed as <c>postgres.cursor/{"field":"updated_at","value":"2026-11-22T10:00:00.000000Z","ties":"…","done":true}</c>.
/// </summary>
/// <param name="Field">The cursor column that it is of.</param>
/// <param name="Value">The highest value that was read, as text; null before the first.</param>
/// <param name="Ties">Hashes of the rows that were read at that value, each as often as the row.</param>
/// <param name="HasMore">True where more rows were read at it than hashes are kept.</param>
/// <param name="IsDone">True where the read came to its end: the next one begins by the lookback before it.</param>
/// <param name="Passes">Reads that may have read rows again and so may have ended at the value that they began with; a position tells them apart.</param>
internal sealed record CursorPosition(string Field, string? Value, long[] Ties, bool HasMore, bool IsDone, long Passes)
{
    private const string Suffix = ".cursor";
    private static readonly JsonSerializerOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Before the first row.</summary>
    public static CursorPosition Start(string field) => new(field, null, [], false, false, 0);

    /// <summary>The printed form.</summary>
    /// <param name="scheme">The engine's.</param>
    public Position Print(string scheme)
    {
        var json = new JsonObject { ["field"] = Field };
        if (Value is not null)
        {
            json["value"] = Value;
        }

        if (Ties.Length > 0)
        {
            json["ties"] = Convert.ToBase64String(MemoryMarshal.AsBytes<long>(Ties));
        }

        if (HasMore)
        {
            json["more"] = true;
        }

        if (Passes > 0)
        {
            json["pass"] = Passes;
        }

        if (IsDone)
        {
            json["done"] = true;
        }

        return new($"{scheme}{Suffix}/{json.ToJsonString(Format)}");
    }

    /// <summary>Reads a printed form.</summary>
    /// <param name="position">The position.</param>
    /// <param name="scheme">The engine's.</param>
    /// <param name="field">The task's cursor column.</param>
    /// <exception cref="MillraceException">
    /// <see cref="ErrorCodes.InvalidConfiguration"/>: it is none of this kind. <see cref="ErrorCodes.HistoryLost"/>: it is of another column.
    /// </exception>
    public static CursorPosition Parse(Position position, string scheme, string field)
    {
        try
        {
            if (position.Scheme == scheme + Suffix && JsonNode.Parse(position.Value) is JsonObject json && json["field"]?.GetValue<string>() is { } own)
            {
                byte[] ties = json["ties"] is { } hashes ? Convert.FromBase64String(hashes.GetValue<string>()) : [];
                var parsed = new CursorPosition(
                    own,
                    json["value"]?.GetValue<string>(),
                    MemoryMarshal.Cast<byte, long>(ties).ToArray(),
                    json["more"]?.GetValue<bool>() == true,
                    json["done"]?.GetValue<bool>() == true,
                    json["pass"]?.GetValue<long>() ?? 0);
                return own == field ? parsed : throw OtherField(own, field);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // Told below.
        }

        throw new MillraceException(
            ErrorCodes.InvalidConfiguration,
            $"'{position}' is not the watermark of an incremental read.",
            "Write it as `millrace checkpoints list` prints it, or reset the task's checkpoints.");
    }

    private static MillraceException OtherField(string former, string field) => new(
        ErrorCodes.HistoryLost,
        $"The task's watermark is of the column {former}, and its cursor_field is {field} now: where that would go on, nothing says.",
        "Set cursor_field back, or load the task anew: `millrace run JOB --full-refresh`, or on_history_lost: resnapshot on the task's source.",
        "source.cursor_field");
}
