using System.Collections.Immutable;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Reads <c>*</c> and <c>t.*</c> in a SELECT list, with DuckDB's EXCLUDE, REPLACE and RENAME.</summary>
internal sealed class StarReader(ScriptContext script, Scope scope, Relation result)
{
    /// <summary>Reads an item; false where it is no star.</summary>
    public bool TryRead(ImmutableArray<SqlToken> item)
    {
        int star = Place(item);
        if (star < 0)
        {
            return false;
        }

        Relation[] relations = star == 0 ? [.. scope.Relations] : [Qualified(item[..(star - 1)])];
        if (relations.Length == 0)
        {
            throw new UnreadableSqlException("a star has no table");
        }

        var cursor = new TokenCursor(item[(star + 1)..]);
        ImmutableArray<string> without = [];
        while (!cursor.IsAtEnd)
        {
            SqlToken word = cursor.Take();
            ImmutableArray<SqlToken> names = cursor.Current.IsParenthesis ? cursor.TakeGroup() : [cursor.Take()];
            without = word.Is("EXCLUDE", "EXCEPT") ? without.AddRange(names.Where(t => t.IsName).Select(script.Fold))
                : word.Is("REPLACE", "RENAME") ? without.AddRange(Replaced(names, word.Is("RENAME")))
                : throw new UnreadableSqlException($"'{word.Text}' after a star is not known");
        }

        foreach (Relation relation in relations)
        {
            result.AddAll(relation, without);
        }

        return true;
    }

    private static int Place(ImmutableArray<SqlToken> item)
    {
        for (int i = 0; i < item.Length; i++)
        {
            if (item[i].IsSymbol("*"))
            {
                return i == 0 || item[i - 1].IsSymbol(".") ? i : -1;
            }

            if (!item[i].IsName && !item[i].IsSymbol("."))
            {
                return -1;
            }
        }

        return -1;
    }

    private Relation Qualified(ImmutableArray<SqlToken> name)
    {
        ImmutableArray<SqlToken> parts = [.. name.Where(t => t.IsName)];
        Relation? found = scope.FindRelation(script.Fold(parts[^1]));
        return found ?? throw new UnreadableSqlException($"what '{string.Join('.', parts.Select(p => p.Text))}.*' is cannot be told");
    }

    private List<string> Replaced(ImmutableArray<SqlToken> tokens, bool isRename)
    {
        List<string> without = [];
        foreach (ImmutableArray<SqlToken> item in TokenCursor.Split(tokens))
        {
            SelectItem parts = SelectItem.Read(item, script);
            result.Columns.Add(new(parts.Name, new ExpressionReader(scope, result.Uses, isCondition: false).Read(parts.Expression)));
            without.Add(isRename ? script.Fold(parts.Expression[^1]) : parts.Name ?? throw new UnreadableSqlException("REPLACE names no column"));
        }

        return without;
    }
}
