using System.Text;
using System.Text.RegularExpressions;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary><c>$regex</c>; an expression also equals itself.</summary>
internal sealed class RegexPredicate(Regex expression) : ValuePredicate
{
    public static RegexPredicate Of(Node node)
    {
        string pattern = Encoding.UTF8.GetString(node.Value().GetRegularExpression(out ReadOnlySpan<byte> options));
        return Of(pattern, Encoding.UTF8.GetString(options));
    }

    public static RegexPredicate Of(string pattern, string options)
    {
        RegexOptions flags = RegexOptions.CultureInvariant;
        foreach (char option in options)
        {
            flags |= option switch
            {
                'i' => RegexOptions.IgnoreCase,
                'm' => RegexOptions.Multiline,
                's' => RegexOptions.Singleline,
                'x' => RegexOptions.IgnorePatternWhitespace,
                'u' => RegexOptions.None,
                _ => throw new CommandException(ErrorCode.BadValue, $"invalid flag in regex options: {option}"),
            };
        }

        return new RegexPredicate(new Regex(pattern, flags));
    }

    public override bool Matches(BsonType type, ReadOnlySpan<byte> value) => type switch
    {
        BsonType.String or BsonType.Symbol => expression.IsMatch(Encoding.UTF8.GetString(new BsonValue(type, value).GetString())),
        BsonType.RegularExpression => Encoding.UTF8.GetString(new BsonValue(type, value).GetRegularExpression(out _)) == expression.ToString(),
        _ => false,
    };
}
