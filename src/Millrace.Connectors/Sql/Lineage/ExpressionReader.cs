using System.Collections.Frozen;
using System.Collections.Immutable;
using Millrace.Core.Lineage;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Finds the columns and subqueries in an expression. It needs no grammar: what is no keyword, function, type or literal is a column.</summary>
/// <param name="scope">What names mean.</param>
/// <param name="uses">Takes the tables of subqueries.</param>
/// <param name="isCondition">True where the expression decides, and gives no value.</param>
internal sealed class ExpressionReader(Scope scope, TableUses uses, bool isCondition)
{
    private static readonly FrozenSet<string> Keywords = new[]
    {
        "ALL", "AND", "ANY", "ARRAY", "AS", "ASC", "BETWEEN", "BOTH", "BY", "CASE", "CAST", "COLLATE", "CURRENT_CATALOG", "CURRENT_DATE", "CURRENT_ROLE",
        "CURRENT_SCHEMA", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "DEFAULT", "DESC", "DISTINCT", "ELSE", "END", "ESCAPE", "EXISTS", "FALSE",
        "FILTER", "FOR", "FROM", "GLOB", "GROUPING", "ILIKE", "IN", "IS", "ISNULL", "LAMBDA", "LEADING", "LIKE", "LOCALTIME", "LOCALTIMESTAMP", "NOT", "NOTNULL",
        "NULL", "ON", "OR", "ORDER", "OVER", "PARTITION", "PLACING", "ROW", "SELECT", "SESSION_USER", "SIMILAR", "SOME", "SYMMETRIC", "THEN", "TO", "TRAILING",
        "TRUE", "TRY_CAST", "UNKNOWN", "USING", "WHEN", "WHERE", "WITHIN",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly string[] FieldFunctions = ["EXTRACT"];
    private static readonly string[] Casts = ["CAST", "TRY_CAST"];

    private readonly List<ValueSource> _found = [];

    /// <summary>The columns that give an expression's value, and how.</summary>
    public ImmutableArray<ValueSource> Read(ImmutableArray<SqlToken> tokens)
    {
        _found.Clear();
        Walk(tokens);
        LineageKind kind = KindOf(tokens);
        return [.. _found.Select(f => f.Through(kind)).Distinct()];
    }

    /// <summary>The columns of an expression that decides.</summary>
    public void ReadCondition(ImmutableArray<SqlToken> tokens, LineageKind kind) => uses.Add(Read(tokens), kind);

    /// <summary>True where tokens begin a query.</summary>
    public static bool IsQuery(ImmutableArray<SqlToken> tokens) => !tokens.IsEmpty
        && (tokens[0].Is("SELECT", "WITH", "VALUES") || (tokens[0].Is("TABLE", "FROM") && tokens.Length > 1 && tokens[1].IsName)
            || (tokens[0].IsParenthesis && IsQuery(tokens[0].Items)
                && (tokens.Length == 1 || tokens[1].Is("UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH"))));

    /// <summary>A simple name with its dots, or an empty list.</summary>
    public static ImmutableArray<SqlToken> NameOf(ImmutableArray<SqlToken> tokens)
    {
        bool isName = tokens.Length % 2 == 1 && tokens.Select((t, i) => i % 2 == 0 ? t.IsName : t.IsSymbol(".")).All(isPart => isPart)
            && !(tokens.Length == 1 && tokens[0].Kind == SqlTokenKind.Word && Keywords.Contains(tokens[0].Text));
        return isName ? [.. tokens.Where((_, i) => i % 2 == 0)] : [];
    }

    /// <summary>What a cast casts, or an empty list where tokens are no cast.</summary>
    public static ImmutableArray<SqlToken> CastOf(ImmutableArray<SqlToken> tokens)
    {
        if (tokens.Length == 2 && tokens[0].Is(Casts) && tokens[1].IsParenthesis)
        {
            int at = AsIn(tokens[1].Items);
            return at > 0 ? tokens[1].Items[..at] : [];
        }

        int colons = Enumerable.Range(0, tokens.Length).LastOrDefault(i => tokens[i].IsSymbol("::"), -1);
        return colons > 0 && TypeLength(tokens, colons + 1) == tokens.Length - colons - 1 ? tokens[..colons] : [];
    }

    private static readonly SqlToken SqlTokenEnd = new(SqlTokenKind.Symbol, "");

    private static LineageKind KindOf(ImmutableArray<SqlToken> tokens)
    {
        while (tokens.Length == 1 && tokens[0].IsParenthesis && !IsQuery(tokens[0].Items))
        {
            tokens = tokens[0].Items;
        }

        if (!NameOf(tokens).IsEmpty || (tokens.Length == 1 && tokens[0].IsParenthesis))
        {
            return LineageKind.Copied;
        }

        ImmutableArray<SqlToken> cast = CastOf(tokens);
        return cast.IsEmpty || KindOf(cast) > LineageKind.Cast ? LineageKind.Derived : LineageKind.Cast;
    }

    private void Walk(ImmutableArray<SqlToken> tokens)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            SqlToken token = tokens[i];
            if (token.Kind == SqlTokenKind.Group)
            {
                WalkGroup(token);
            }
            else if (token.IsSymbol("::"))
            {
                i += TypeLength(tokens, i + 1);
            }
            else if (token.IsName)
            {
                i = WalkName(tokens, i);
            }
        }
    }

    private void WalkGroup(SqlToken group)
    {
        if (!group.IsParenthesis || !IsQuery(group.Items))
        {
            Walk(group.Items);
            return;
        }

        Relation query = new QueryReader(scope.Script).Read(group.Items, scope);
        if (isCondition)
        {
            uses.AddCondition(query.Uses);
        }
        else
        {
            uses.AddData(query.Uses);
        }

        _found.AddRange(query.Row());
    }

    // Returns the place of the last token that was read.
    private int WalkName(ImmutableArray<SqlToken> tokens, int at)
    {
        SqlToken token = tokens[at];
        SqlToken next = At(tokens, at + 1);
        SqlToken before = At(tokens, at - 1);
        if (next.Kind == SqlTokenKind.Text && token.Kind == SqlTokenKind.Word && !Keywords.Contains(token.Text))
        {
            // DATE '2020-01-01'; INTERVAL '1' DAY.
            return at + 1 + (token.Is("INTERVAL") && At(tokens, at + 2).Is("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND") ? 1 : 0);
        }

        if (Skipped(tokens, at) is { } skipped)
        {
            return at + skipped - 1;
        }

        if (next.IsSymbol("=>") || next.IsSymbol(":="))
        {
            return at + 1; // an argument's name
        }

        if (before.IsSymbol(".") && At(tokens, at - 2).Kind == SqlTokenKind.Group)
        {
            return at; // a field of a value
        }

        if (!next.IsSymbol(".") && token.Kind == SqlTokenKind.Word && Keywords.Contains(token.Text))
        {
            return token.Is(Casts) && next.IsParenthesis ? WalkCast(next, at) : at;
        }

        return WalkChain(tokens, at);
    }

    private int WalkCast(SqlToken group, int at)
    {
        int end = AsIn(group.Items);
        Walk(end > 0 ? group.Items[..end] : group.Items);
        return at + 1;
    }

    private int WalkChain(ImmutableArray<SqlToken> tokens, int at)
    {
        var name = ImmutableArray.CreateBuilder<string>();
        name.Add(scope.Script.Fold(tokens[at]));
        while (At(tokens, at + 1).IsSymbol(".") && (At(tokens, at + 2).IsName || At(tokens, at + 2).IsSymbol("*")))
        {
            name.Add(tokens[at + 2].IsName ? scope.Script.Fold(tokens[at + 2]) : "*");
            at += 2;
        }

        if (At(tokens, at + 1).IsParenthesis)
        {
            return WalkCall(name.ToImmutable(), tokens[at + 1], at);
        }

        if (scope.Resolve(name.ToImmutable()) is { } sources)
        {
            _found.AddRange(sources);
        }
        else
        {
            scope.Script.Note($"what '{string.Join('.', name)}' is cannot be told");
        }

        return at;
    }

    private int WalkCall(ImmutableArray<string> function, SqlToken group, int at)
    {
        ImmutableArray<SqlToken> arguments = group.Items;
        if (function.Length > 1 && scope.Resolve(function[..^1]) is { } sources && !sources.IsEmpty)
        {
            _found.AddRange(sources); // a method of a value: name.upper()
        }

        if (function.Length == 1 && FieldFunctions.Contains(function[0], StringComparer.OrdinalIgnoreCase) && arguments.Length > 1 && arguments[1].Is("FROM"))
        {
            arguments = arguments[2..];
        }
        else if (arguments is [{ Kind: SqlTokenKind.Symbol, Text: "*" }] && !isCondition)
        {
            // count(*) is made of rows, not of columns.
            _found.AddRange(scope.Relations.SelectMany(r => r.Tables).Distinct().Select(t => new ValueSource(new(t, null), LineageKind.Derived, false)));
        }

        string[] locals = LambdaNames(arguments);
        scope.Locals.UnionWith(locals);
        WalkGroup(group with { Items = arguments });
        scope.Locals.ExceptWith(locals);
        return at + 1;
    }

    // x -> x + 1, (x, i) -> x + i, lambda x: x + 1. A text or number after the arrow is a path into JSON, and no lambda.
    private string[] LambdaNames(ImmutableArray<SqlToken> arguments)
    {
        List<string> names = [];
        for (int i = 0; i < arguments.Length; i++)
        {
            bool isArrow = At(arguments, i + 1).IsSymbol("->") && (i == 0 || At(arguments, i - 1).IsSymbol(","))
                && At(arguments, i + 2).Kind is not (SqlTokenKind.Text or SqlTokenKind.Number or SqlTokenKind.Parameter);
            if (isArrow && arguments[i].IsName && scope.Resolve([scope.Script.Fold(arguments[i])]) is null or { IsEmpty: true })
            {
                names.Add(scope.Script.Fold(arguments[i]));
            }
            else if (isArrow && arguments[i].IsParenthesis)
            {
                names.AddRange(arguments[i].Items.Where(t => t.IsName).Select(scope.Script.Fold));
            }
            else if (arguments[i].Is("LAMBDA"))
            {
                names.AddRange(arguments.Skip(i + 1).TakeWhile(t => !t.IsSymbol(":")).Where(t => t.IsName).Select(scope.Script.Fold));
            }
        }

        return [.. names];
    }

    // How many tokens here are words of the language that could be names elsewhere; null where there are none.
    private static int? Skipped(ImmutableArray<SqlToken> tokens, int at)
    {
        SqlToken token = tokens[at];
        SqlToken next = At(tokens, at + 1);
        return token switch
        {
            _ when token.Is("AT") && next.Is("TIME") && At(tokens, at + 2).Is("ZONE") => 3,
            _ when token.Is("NULLS") && next.Is("FIRST", "LAST") => 2,
            _ when token.Is("IGNORE", "RESPECT") && next.Is("NULLS") => 2,
            _ when token.Is("COLLATE") => 1 + 2 * NameDots(tokens, at + 1) + 1,
            _ when token.Is("OVER") && next.IsName => 2,
            _ when token.Is("WITHIN") && next.Is("GROUP") => 2,
            _ when token.Is("ROWS", "RANGE", "GROUPS") && (next.Is("BETWEEN", "UNBOUNDED", "CURRENT") || next.Kind == SqlTokenKind.Number) => tokens.Length - at,
            _ when token.Is("CURRENT") && next.Is("OF") => 3,
            _ when token.Is("INTERVAL") && (next.Kind is SqlTokenKind.Number or SqlTokenKind.Parameter) => At(tokens, at + 2).Kind == SqlTokenKind.Word ? 3 : 2,
            _ when next.IsSymbol(":") && !At(tokens, at + 2).IsSymbol(":") && At(tokens, at - 1) is { } before && (before == SqlTokenEnd || before.IsSymbol(",")) => 2,
            _ => null,
        };
    }

    private static int NameDots(ImmutableArray<SqlToken> tokens, int at)
    {
        int dots = 0;
        while (At(tokens, at + 1 + 2 * dots).IsSymbol("."))
        {
            dots++;
        }

        return dots;
    }

    private static int AsIn(ImmutableArray<SqlToken> tokens)
    {
        for (int i = tokens.Length - 1; i > 0; i--)
        {
            if (tokens[i].Is("AS"))
            {
                return i;
            }
        }

        return -1;
    }

    // double precision, numeric(18, 2), timestamp with time zone, public.kind, text[].
    private static int TypeLength(ImmutableArray<SqlToken> tokens, int start)
    {
        int at = start;
        if (At(tokens, at).IsName)
        {
            at += 1 + 2 * NameDots(tokens, at);
        }

        at += At(tokens, at).Is("PRECISION", "VARYING") ? 1 : 0;
        at += At(tokens, at).IsParenthesis ? 1 : 0;
        at += At(tokens, at).Is("WITH", "WITHOUT") && At(tokens, at + 1).Is("TIME") && At(tokens, at + 2).Is("ZONE") ? 3 : 0;
        while (At(tokens, at) is { Kind: SqlTokenKind.Group, Text: "[" })
        {
            at++;
        }

        return at - start;
    }

    private static SqlToken At(ImmutableArray<SqlToken> tokens, int at) => at >= 0 && at < tokens.Length ? tokens[at] : SqlTokenEnd;
}
