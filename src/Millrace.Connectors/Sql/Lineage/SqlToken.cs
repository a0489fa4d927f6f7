using System.Collections.Immutable;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>A piece of SQL.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">A word as it is written, a quoted name without its quotes, an operator, or a group's opening bracket.</param>
internal sealed record SqlToken(SqlTokenKind Kind, string Text)
{
    /// <summary>What stands in a group.</summary>
    public ImmutableArray<SqlToken> Items { get; init; } = [];

    /// <summary>True for a name, in quotes or without.</summary>
    public bool IsName => Kind is SqlTokenKind.Word or SqlTokenKind.Quoted;

    /// <summary>True for round brackets.</summary>
    public bool IsParenthesis => Kind == SqlTokenKind.Group && Text == "(";

    /// <summary>True for a word without quotes that is one of these, in capitals.</summary>
    public bool Is(params ReadOnlySpan<string> words)
    {
        if (Kind != SqlTokenKind.Word)
        {
            return false;
        }

        foreach (string word in words)
        {
            if (Text.Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True for an operator or a punctuation mark.</summary>
    public bool IsSymbol(string symbol) => Kind == SqlTokenKind.Symbol && Text == symbol;
}
