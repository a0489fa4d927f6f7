using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary><c>$regex</c>: a text that the pattern is found in, or the same pattern stored as a value.</summary>
internal sealed class RegexPredicate : FilterPredicate
{
    private const int StackChars = 256;

    private readonly Regex _regex;
    private readonly byte[] _value;

    /// <summary>Compiles the pattern.</summary>
    /// <param name="pattern">UTF-8.</param>
    /// <param name="options">Some of <c>i m s x u</c>.</param>
    /// <exception cref="MillraceException">MR1105 when the pattern or an option is not supported.</exception>
    public RegexPredicate(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> options)
    {
        var text = Encoding.UTF8.GetString(pattern);
        var flags = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
        foreach (var option in options)
        {
            flags |= Flag(option);
        }

        _value = [.. pattern, 0, .. options, 0];
        try
        {
            _regex = new Regex(text, flags);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            BsonThrow.BadFilter(
                $"The pattern '{text}' of $regex is not supported: {error.Message}",
                "Write it without look-around, back references and atomic groups.");
        }
    }

    public override bool Matches(BsonValue value) => value.Type switch
    {
        BsonType.String or BsonType.Symbol => MatchesText(value.GetString()),
        BsonType.RegularExpression => value.Bytes.SequenceEqual(_value),
        _ => false,
    };

    private bool MatchesText(ReadOnlySpan<byte> utf8)
    {
        char[]? pooled = null;
        var chars = utf8.Length <= StackChars
            ? stackalloc char[StackChars]
            : pooled = ArrayPool<char>.Shared.Rent(utf8.Length);
        try
        {
            return _regex.IsMatch(chars[..Encoding.UTF8.GetChars(utf8, chars)]);
        }
        finally
        {
            if (pooled is not null)
            {
                ArrayPool<char>.Shared.Return(pooled);
            }
        }
    }

    private static RegexOptions Flag(byte option)
    {
        switch (option)
        {
            case (byte)'i': return RegexOptions.IgnoreCase;
            case (byte)'m': return RegexOptions.Multiline;
            case (byte)'s': return RegexOptions.Singleline;
            case (byte)'x': return RegexOptions.IgnorePatternWhitespace;
            case (byte)'u': return RegexOptions.None;
            default:
                BsonThrow.BadFilter($"The option '{(char)option}' of $regex is not supported.", "Use some of i, m, s, x and u.");
                return RegexOptions.None;
        }
    }
}
