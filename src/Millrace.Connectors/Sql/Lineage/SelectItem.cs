using System.Collections.Immutable;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>One item of a SELECT list.</summary>
/// <param name="Expression">The expression.</param>
/// <param name="Name">The column's name; null where it cannot be told.</param>
/// <param name="HasAlias">True where the name is written.</param>
internal sealed record SelectItem(ImmutableArray<SqlToken> Expression, string? Name, bool HasAlias)
{
    private static readonly string[] NoOperands =
        ["AND", "OR", "NOT", "IN", "IS", "LIKE", "ILIKE", "BETWEEN", "THEN", "ELSE", "WHEN", "CASE", "COLLATE", "ZONE", "OVER", "DISTINCT", "ALL", "ANY", "ESCAPE", "TO", "SIMILAR", "FROM", "GLOB", "INTERVAL"];

    private static readonly string[] NoAliases = ["END", "NULL", "TRUE", "FALSE", "ISNULL", "NOTNULL", "UNKNOWN"];

    /// <summary>Reads it.</summary>
    public static SelectItem Read(ImmutableArray<SqlToken> item, ScriptContext script)
    {
        if (item.Length > 2 && item[0].IsName && item[1].IsSymbol(":"))
        {
            return new(item[2..], script.Fold(item[0]), true);
        }

        if (item.Length > 2 && item[^2].Is("AS") && item[^1].IsName)
        {
            return new(item[..^2], script.Fold(item[^1]), true);
        }

        return HasBareAlias(item) ? new(item[..^1], script.Fold(item[^1]), true) : new(item, OwnName(item, script), false);
    }

    private static bool HasBareAlias(ImmutableArray<SqlToken> item)
    {
        if (item.Length < 2 || !item[^1].IsName || item[^1].Is(NoAliases))
        {
            return false;
        }

        SqlToken before = item[^2];
        bool isOperand = before.Kind is SqlTokenKind.Text or SqlTokenKind.Number or SqlTokenKind.Parameter or SqlTokenKind.Group or SqlTokenKind.Quoted
            || (before.Kind == SqlTokenKind.Word && !before.Is(NoOperands));
        bool isType = item[^1].Is("PRECISION", "VARYING") && before.Is("DOUBLE", "CHARACTER", "BIT");
        bool isZone = item[^1].Is("ZONE") && before.Is("TIME");
        bool isUnit = item.Length >= 3 && before.Kind is SqlTokenKind.Text or SqlTokenKind.Number && item[^3].Is("INTERVAL")
            && item[^1].Is("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "YEARS", "MONTHS", "DAYS", "HOURS", "MINUTES", "SECONDS");
        bool isTypeOfCast = item.Length >= 3 && before.Is("TIME") && item[^3].Is("WITH", "WITHOUT");
        bool isLiteral = item.Length == 2 && item[0].Kind == SqlTokenKind.Word && item[1].Kind == SqlTokenKind.Text;
        return isOperand && !isType && !isZone && !isUnit && !isTypeOfCast && !isLiteral && !(before.IsSymbol("."));
    }

    private static string? OwnName(ImmutableArray<SqlToken> item, ScriptContext script)
    {
        if (ExpressionReader.NameOf(item) is { IsEmpty: false } name)
        {
            return script.Fold(name[^1]);
        }

        return ExpressionReader.CastOf(item) is { IsEmpty: false } cast && ExpressionReader.NameOf(cast) is { IsEmpty: false } inner
            ? script.Fold(inner[^1])
            : item.Length == 2 && item[0].Kind == SqlTokenKind.Word && item[1].IsParenthesis ? item[0].Text.ToLowerInvariant() : null;
    }
}
