using System.Collections.Immutable;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>A place in a list of tokens.</summary>
internal sealed class TokenCursor(ImmutableArray<SqlToken> tokens)
{
    private static readonly SqlToken Nothing = new(SqlTokenKind.Symbol, "");

    /// <summary>The place, from 0.</summary>
    public int At { get; set; }

    /// <summary>True behind the last token.</summary>
    public bool IsAtEnd => At >= tokens.Length;

    /// <summary>The token here, or an empty symbol at the end.</summary>
    public SqlToken Current => Peek(0);

    /// <summary>All that follows.</summary>
    public ImmutableArray<SqlToken> Rest => IsAtEnd ? [] : tokens[At..];

    /// <summary>The token so far ahead, or an empty symbol.</summary>
    public SqlToken Peek(int ahead) => At + ahead >= 0 && At + ahead < tokens.Length ? tokens[At + ahead] : Nothing;

    /// <summary>Takes the token here.</summary>
    public SqlToken Take() => At < tokens.Length ? tokens[At++] : throw new UnreadableSqlException("it ends too early");

    /// <summary>Takes these words where they stand here, all of them.</summary>
    public bool TryTake(params ReadOnlySpan<string> words)
    {
        for (int i = 0; i < words.Length; i++)
        {
            if (!Peek(i).Is(words[i]))
            {
                return false;
            }
        }

        At += words.Length;
        return true;
    }

    /// <summary>Takes one of these words where it stands here.</summary>
    public bool TryTakeAny(params ReadOnlySpan<string> words)
    {
        bool isHere = Current.Is(words);
        At += isHere ? 1 : 0;
        return isHere;
    }

    /// <summary>Takes a symbol where it stands here.</summary>
    public bool TryTakeSymbol(string symbol)
    {
        bool isHere = Current.IsSymbol(symbol);
        At += isHere ? 1 : 0;
        return isHere;
    }

    /// <summary>Takes these words, or says that they are missing.</summary>
    public void Expect(string word)
    {
        if (!TryTake(word))
        {
            throw new UnreadableSqlException($"{word} was expected where '{Current.Text}' stands");
        }
    }

    /// <summary>Takes a name with its dots: <c>schema.table</c>.</summary>
    public ImmutableArray<SqlToken> TakeName()
    {
        var parts = ImmutableArray.CreateBuilder<SqlToken>();
        do
        {
            parts.Add(Current.IsName ? Take() : throw new UnreadableSqlException($"a name was expected where '{Current.Text}' stands"));
        }
        while (TryTakeSymbol("."));

        return parts.ToImmutable();
    }

    /// <summary>Takes round brackets, or says that they are missing.</summary>
    public ImmutableArray<SqlToken> TakeGroup() =>
        Current.IsParenthesis ? Take().Items : throw new UnreadableSqlException($"a bracket was expected where '{Current.Text}' stands");

    /// <summary>Takes all up to where a condition holds, or to the end.</summary>
    public ImmutableArray<SqlToken> TakeUntil(Func<TokenCursor, bool> ends)
    {
        int start = At;
        while (!IsAtEnd && !ends(this))
        {
            At++;
        }

        return tokens[start..At];
    }

    /// <summary>Parts tokens at commas.</summary>
    public static ImmutableArray<ImmutableArray<SqlToken>> Split(ImmutableArray<SqlToken> tokens)
    {
        if (tokens.IsEmpty)
        {
            return [];
        }

        var parts = ImmutableArray.CreateBuilder<ImmutableArray<SqlToken>>();
        int start = 0;
        for (int i = 0; i <= tokens.Length; i++)
        {
            if (i == tokens.Length || tokens[i].IsSymbol(","))
            {
                if (i > start)
                {
                    parts.Add(tokens[start..i]);
                }

                start = i + 1;
            }
        }

        return parts.ToImmutable();
    }
}
