using System.Collections.Immutable;
using Millrace.Core.Lineage;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Reads one SELECT, its clauses in the order in which they are evaluated.</summary>
internal sealed class SelectReader(ScriptContext script)
{
    private const string From = "FROM";

    /// <summary>Reads it.</summary>
    public Relation Read(ImmutableArray<SqlToken> tokens, Scope parent)
    {
        Dictionary<string, ImmutableArray<SqlToken>> clauses = Clauses(tokens);
        if (clauses.ContainsKey("INTO"))
        {
            throw new UnreadableSqlException("SELECT … INTO stands where only a query may");
        }

        var scope = new Scope(script, parent);
        var result = new Relation(script.Names);
        if (clauses.TryGetValue(From, out ImmutableArray<SqlToken> from))
        {
            new FromReader(script, scope, result.Uses).Read(from);
        }

        ReadItems(clauses.GetValueOrDefault("SELECT", [new(SqlTokenKind.Symbol, "*")]), scope, result);
        scope.Outputs.AddRange(result.Columns);
        var conditions = new ExpressionReader(scope, result.Uses, isCondition: true);
        foreach (string clause in (string[])["WHERE", "HAVING", "QUALIFY"])
        {
            conditions.ReadCondition(clauses.GetValueOrDefault(clause, []), LineageKind.Filtered);
        }

        ReadGroups(clauses.GetValueOrDefault("GROUP", []), conditions, result);
        foreach (string clause in (string[])["ORDER", "LIMIT", "OFFSET", "WINDOW"])
        {
            // They decide nothing but order and number; a subquery in them is read nevertheless.
            if (clauses.TryGetValue(clause, out ImmutableArray<SqlToken> rest))
            {
                int notes = script.Notes.Count;
                conditions.Read(clause == "WINDOW" ? [.. rest.Where(t => t.Kind == SqlTokenKind.Group)] : rest);
                script.Notes.RemoveRange(notes, script.Notes.Count - notes);
            }
        }

        return result;
    }

    /// <summary>The clauses of a SELECT by their first words.</summary>
    public static Dictionary<string, ImmutableArray<SqlToken>> Clauses(ImmutableArray<SqlToken> tokens)
    {
        Dictionary<string, ImmutableArray<SqlToken>> clauses = [];
        var cursor = new TokenCursor(tokens);
        while (!cursor.IsAtEnd)
        {
            (string name, int words) = ClauseAt(cursor) ?? throw new UnreadableSqlException($"'{cursor.Current.Text}' begins no clause");
            cursor.At += words;
            ImmutableArray<SqlToken> body = cursor.TakeUntil(c => ClauseAt(c) is not null);
            if (!clauses.TryAdd(name, body))
            {
                throw new UnreadableSqlException($"there are two clauses {name}");
            }
        }

        return clauses;
    }

    private static (string Name, int Words)? ClauseAt(TokenCursor cursor)
    {
        SqlToken before = cursor.Peek(-1);
        SqlToken next = cursor.Peek(1);
        if (before.IsSymbol(".") || before.Is("AS"))
        {
            return null;
        }

        return cursor.Current switch
        {
            var t when t.Is("SELECT") => ("SELECT", 1),
            var t when t.Is("INTO") => ("INTO", 1),
            var t when t.Is(From) && !(before.Is("DISTINCT") && cursor.Peek(-2).Is("IS", "NOT")) && !before.Is("ROWS") => (From, 1),
            var t when t.Is("WHERE") => ("WHERE", 1),
            var t when t.Is("GROUP") && next.Is("BY") => ("GROUP", 2),
            var t when t.Is("HAVING") => ("HAVING", 1),
            var t when t.Is("QUALIFY") => ("QUALIFY", 1),
            var t when t.Is("WINDOW") && next.IsName && cursor.Peek(2).Is("AS") => ("WINDOW", 1),
            var t when t.Is("ORDER") && next.Is("BY") => ("ORDER", 2),
            var t when t.Is("LIMIT") => ("LIMIT", 1),
            var t when t.Is("OFFSET") => ("OFFSET", 1),
            var t when t.Is("FETCH") && next.Is("FIRST", "NEXT") => ("FETCH", 2),
            var t when t.Is("FOR") && next.Is("UPDATE", "SHARE", "NO", "KEY") => ("FOR", 1),
            var t when t.Is("USING") && next.Is("SAMPLE") => ("SAMPLE", 2),
            _ => null,
        };
    }

    private void ReadItems(ImmutableArray<SqlToken> tokens, Scope scope, Relation result)
    {
        var cursor = new TokenCursor(tokens);
        var conditions = new ExpressionReader(scope, result.Uses, isCondition: true);
        if (cursor.TryTake("DISTINCT") && cursor.TryTake("ON"))
        {
            conditions.ReadCondition(cursor.TakeGroup(), LineageKind.Grouped);
        }

        cursor.TryTake("ALL");
        foreach (ImmutableArray<SqlToken> item in TokenCursor.Split(cursor.Rest))
        {
            if (!new StarReader(script, scope, result).TryRead(item))
            {
                SelectItem parts = SelectItem.Read(item, script);
                var column = new OutputColumn(parts.Name, new ExpressionReader(scope, result.Uses, isCondition: false).Read(parts.Expression));
                result.Columns.Add(column);
                if (parts.HasAlias)
                {
                    scope.Outputs.Add(column);
                }
            }
        }
    }

    // GROUP BY 1 is the first output; GROUP BY ALL, ROLLUP (…) and GROUPING SETS (…) are words and brackets.
    private static void ReadGroups(ImmutableArray<SqlToken> tokens, ExpressionReader conditions, Relation result)
    {
        foreach (ImmutableArray<SqlToken> item in TokenCursor.Split(tokens))
        {
            if (item is [{ Kind: SqlTokenKind.Number } number])
            {
                if (int.TryParse(number.Text, out int place) && place >= 1 && place <= result.Columns.Count)
                {
                    result.Uses.Add(result.Columns[place - 1].Sources, LineageKind.Grouped);
                }
            }
            else
            {
                conditions.ReadCondition([.. item.Where(t => !t.Is("SETS"))], LineageKind.Grouped);
            }
        }
    }
}
