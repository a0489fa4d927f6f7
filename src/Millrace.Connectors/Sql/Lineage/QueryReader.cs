using System.Collections.Immutable;
using Millrace.Core.Lineage;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Reads queries: WITH, set operations, SELECT, VALUES, TABLE, and FROM that comes first.</summary>
internal sealed class QueryReader(ScriptContext script)
{
    /// <summary>Reads a whole query; what follows it (ORDER BY, LIMIT) is read, too.</summary>
    public Relation Read(ImmutableArray<SqlToken> tokens, Scope? parent)
    {
        var scope = new Scope(script, parent);
        var cursor = new TokenCursor(tokens);
        if (cursor.TryTake("WITH"))
        {
            new WithReader(script, scope).Read(cursor);
        }

        return ReadSet(cursor.Rest, scope);
    }

    /// <summary>Reads a query without its WITH, whose CTEs the scope has.</summary>
    public Relation ReadSet(ImmutableArray<SqlToken> tokens, Scope scope)
    {
        Relation? all = null;
        bool addsRows = true;
        bool isByName = false;
        var cursor = new TokenCursor(tokens);
        while (true)
        {
            ImmutableArray<SqlToken> term = cursor.TakeUntil(IsSetOperation);
            Relation next = ReadTerm(term, scope);
            all = all is null ? next : Combined(all, next, addsRows, isByName);
            if (cursor.IsAtEnd)
            {
                return all;
            }

            addsRows = !cursor.Take().Is("EXCEPT");
            cursor.TryTakeAny("ALL", "DISTINCT");
            isByName = cursor.TryTake("BY", "NAME");
        }
    }

    private static bool IsSetOperation(TokenCursor cursor) => cursor.Current.Is("UNION", "INTERSECT", "EXCEPT")
        && !cursor.Peek(-1).IsSymbol("*") && !cursor.Peek(-1).IsSymbol(".") && !cursor.Peek(-1).Is("AS");

    private Relation ReadTerm(ImmutableArray<SqlToken> tokens, Scope scope)
    {
        var cursor = new TokenCursor(tokens);
        switch (cursor.Current)
        {
            case { IsParenthesis: true }:
                return Read(cursor.Take().Items, scope);
            case var token when token.Is("VALUES"):
                cursor.Take();
                return ReadValues(cursor, scope);
            case var token when token.Is("TABLE"):
                cursor.Take();
                return new SelectReader(script).Read([new(SqlTokenKind.Word, "SELECT"), new(SqlTokenKind.Symbol, "*"), new(SqlTokenKind.Word, "FROM"), .. cursor.Rest], scope);
            case var token when token.Is("SELECT", "FROM"):
                return new SelectReader(script).Read(tokens, scope);
            default:
                throw new UnreadableSqlException($"a query does not begin with '{cursor.Current.Text}'");
        }
    }

    private Relation ReadValues(TokenCursor cursor, Scope scope)
    {
        var result = new Relation(script.Names);
        var expressions = new ExpressionReader(scope, result.Uses, isCondition: false);
        ImmutableArray<SqlToken> rows = cursor.TakeUntil(c => c.Current.Is("ORDER", "LIMIT", "OFFSET", "FETCH"));
        foreach (ImmutableArray<SqlToken> row in TokenCursor.Split(rows))
        {
            ImmutableArray<SqlToken> items = row is [{ IsParenthesis: true } group] ? group.Items : throw new UnreadableSqlException("a row of VALUES is not in brackets");
            ImmutableArray<ImmutableArray<SqlToken>> values = TokenCursor.Split(items);
            for (int i = 0; i < values.Length; i++)
            {
                ImmutableArray<ValueSource> sources = expressions.Read(values[i]);
                if (i == result.Columns.Count)
                {
                    result.Columns.Add(new(FormattableString.Invariant($"column{i + 1}"), sources));
                }
                else
                {
                    result.Columns[i] = result.Columns[i] with { Sources = [.. result.Columns[i].Sources.Union(sources)] };
                }
            }
        }

        return result;
    }

    private Relation Combined(Relation first, Relation second, bool addsRows, bool isByName)
    {
        var result = new Relation(script.Names) { IsOpen = first.IsOpen };
        result.Uses.AddData(first.Uses);
        if (!addsRows)
        {
            result.Uses.AddCondition(second.Uses);
            result.Uses.Add(second.Row(), LineageKind.Filtered);
            result.Columns.AddRange(first.Columns);
            result.Stars.AddRange(first.Stars);
            return result;
        }

        result.Uses.AddData(second.Uses);
        result.Stars.AddRange(first.Stars);
        if (isByName)
        {
            result.Stars.AddRange(second.Stars);
            result.Columns.AddRange(first.Columns.Select(c => c with { Sources = [.. c.Sources.Union(c.Name is null ? [] : second.Find(c.Name)?.Sources ?? [])] }));
            result.Columns.AddRange(second.Columns.Where(c => !first.Columns.Exists(f => script.Names.Equals(f.Name, c.Name))));
        }
        else if (first.IsClosed && second.IsClosed)
        {
            result.Columns.AddRange(first.Columns.Select((c, i) => i < second.Columns.Count ? c with { Sources = [.. c.Sources.Union(second.Columns[i].Sources)] } : c));
        }
        else
        {
            // Columns meet by their place, and not all places are known.
            ValueSource[] unknown = [.. second.Tables.Select(t => new ValueSource(new(t, null), LineageKind.Derived, true))];
            result.Columns.AddRange(first.Columns.Select(c => c with { Sources = [.. c.Sources.Union(unknown)] }));
            if (second.Stars.Count > 0 || second.IsOpen)
            {
                script.Note("columns of a set operation cannot be told, because those of its tables are not known");
            }
        }

        return result;
    }
}
