using System.Buffers.Text;
using System.Text.Unicode;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>
/// What jsonb refuses although it is JSON: <c>\u0000</c> and halves of surrogate pairs in escapes (PostgreSQL manual, 8.14). JSON itself is
/// taken on trust: Millrace's own writers made it.
/// </summary>
internal static class JsonbRules
{
    /// <summary>Why jsonb refuses a value, or null.</summary>
    public static string? Refuse(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            return "The JSON is not UTF-8.";
        }

        int escape = json.IndexOf((byte)'\\');
        return escape < 0 ? null : RefuseEscapes(json[escape..]);
    }

    private static string? RefuseEscapes(ReadOnlySpan<byte> json)
    {
        bool expectsLow = false;
        while (!json.IsEmpty)
        {
            bool isUnicode = json.Length >= 6 && json[1] == (byte)'u';
            if (isUnicode && Utf8Parser.TryParse(json.Slice(2, 4), out ushort unit, out int digits, 'x') && digits == 4)
            {
                if (unit == 0)
                {
                    return "PostgreSQL's jsonb cannot hold the NUL character.";
                }

                if (char.IsLowSurrogate((char)unit) != expectsLow)
                {
                    return HalfPair;
                }

                expectsLow = char.IsHighSurrogate((char)unit);
            }
            else if (expectsLow)
            {
                return HalfPair;
            }

            ReadOnlySpan<byte> rest = json[Math.Min(json.Length, isUnicode ? 6 : 2)..];
            int next = rest.IndexOf((byte)'\\');
            if (expectsLow && next != 0)
            {
                return HalfPair;
            }

            json = next < 0 ? [] : rest[next..];
        }

        return null;
    }

    private const string HalfPair = "PostgreSQL's jsonb cannot hold half of a surrogate pair.";
}
