using System.Collections.Immutable;
using Millrace.Core.Lineage;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Reads INSERT, UPDATE, DELETE and MERGE.</summary>
/// <param name="script">The script.</param>
/// <param name="flows">Takes the edges.</param>
internal sealed class ChangeReader(ScriptContext script, FlowBuilder flows)
{
    /// <summary>True where a statement begins so.</summary>
    public static bool Begins(SqlToken token) => token.Is("INSERT", "UPDATE", "DELETE", "MERGE");

    /// <summary>Reads a statement whose CTEs, where it has any before its verb, the scope has.</summary>
    /// <returns>What it returns, for one that stands in a CTE.</returns>
    public Relation Read(ImmutableArray<SqlToken> tokens, Scope outer)
    {
        var cursor = new TokenCursor(tokens);
        if (cursor.TryTake("WITH"))
        {
            outer = new Scope(script, outer);
            new WithReader(script, outer) { Changes = Read }.Read(cursor);
        }

        var scope = new Scope(script, outer);
        SqlToken verb = cursor.Take();
        return verb switch
        {
            _ when verb.Is("INSERT") => ReadInsert(cursor, scope),
            _ when verb.Is("UPDATE") => ReadUpdate(cursor, scope),
            _ when verb.Is("DELETE") => ReadDelete(cursor, scope),
            _ when verb.Is("MERGE") => new MergeReader(script, flows, this).Read(cursor, scope),
            _ => throw new UnreadableSqlException($"'{verb.Text}' changes nothing that is known"),
        };
    }

    /// <summary>The table of a name, or the temporary one.</summary>
    public FlowTarget Target(ImmutableArray<SqlToken> name)
    {
        Relation? temporary = name.Length == 1 ? script.Temporary.GetValueOrDefault(script.Fold(name[0])) : null;
        return new(script.TableOf(name), temporary);
    }

    /// <summary>Takes a target with its alias, and puts it into the scope.</summary>
    public FlowTarget TakeTarget(TokenCursor cursor, Scope scope, params string[] noAliases)
    {
        cursor.TryTake("ONLY");
        ImmutableArray<SqlToken> name = cursor.TakeName();
        cursor.TryTakeSymbol("*");
        FlowTarget target = Target(name);
        bool hasAs = cursor.TryTake("AS");
        bool hasAlias = hasAs || (cursor.Current.IsName && !cursor.Current.Is(noAliases));
        scope.Relations.Add(target.AsRelation(script, hasAlias ? script.Fold(cursor.TakeName()[^1]) : script.Fold(name[^1])));
        return target;
    }

    /// <summary>Reads <c>a = x, (b, c) = (SELECT …)</c>.</summary>
    public void ReadAssignments(ImmutableArray<SqlToken> tokens, FlowTarget target, Scope scope, TableUses uses)
    {
        foreach (ImmutableArray<SqlToken> assignment in TokenCursor.Split(tokens))
        {
            int at = assignment.IndexOf(assignment.FirstOrDefault(t => t.IsSymbol("=")) ?? throw new UnreadableSqlException("SET has no '='"));
            ImmutableArray<SqlToken> left = assignment[..at];
            ImmutableArray<SqlToken> right = assignment[(at + 1)..];
            var expressions = new ExpressionReader(scope, uses, isCondition: false);
            if (left is not [{ IsParenthesis: true } group])
            {
                SqlToken column = left.LastOrDefault(t => t.IsName) ?? throw new UnreadableSqlException("SET names no column");
                flows.AddColumn(target, script.Fold(column), expressions.Read(right));
                continue;
            }

            string[] columns = [.. group.Items.Where(t => t.IsName).Select(script.Fold)];
            SqlToken values = right[^1];
            if (!values.IsParenthesis || ExpressionReader.IsQuery(values.Items))
            {
                Relation query = values.IsParenthesis ? new QueryReader(script).Read(values.Items, scope) : throw new UnreadableSqlException("a row of SET is not in brackets");
                uses.AddData(query.Uses);
                flows.AddByPlace(target, columns, query);
                continue;
            }

            ImmutableArray<ImmutableArray<SqlToken>> parts = TokenCursor.Split(values.Items);
            for (int i = 0; i < Math.Min(columns.Length, parts.Length); i++)
            {
                flows.AddColumn(target, columns[i], expressions.Read(parts[i]));
            }
        }
    }

    /// <summary>Reads RETURNING: what a CTE gives on.</summary>
    public Relation Returned(TokenCursor cursor, FlowTarget target, Scope scope, TableUses uses)
    {
        var result = new Relation(script.Names);
        result.Uses.AddData(uses);
        result.Uses.Data.UnionWith(scope.Relations[0].Tables);
        if (cursor.TryTake("RETURNING"))
        {
            foreach (ImmutableArray<SqlToken> item in TokenCursor.Split(cursor.Rest))
            {
                if (!new StarReader(script, scope, result).TryRead(item))
                {
                    SelectItem parts = SelectItem.Read(item, script);
                    result.Columns.Add(new(parts.Name, new ExpressionReader(scope, result.Uses, isCondition: false).Read(parts.Expression)));
                }
            }
        }

        flows.Writes(target);
        return result;
    }

    private static bool EndsInsert(TokenCursor cursor) => cursor.Current.Is("RETURNING") || (cursor.Current.Is("ON") && cursor.Peek(1).Is("CONFLICT"));

    private Relation ReadInsert(TokenCursor cursor, Scope scope)
    {
        if (cursor.TryTake("OR"))
        {
            cursor.Take();
        }

        cursor.Expect("INTO");
        FlowTarget target = TakeTarget(cursor, scope, "BY", "OVERRIDING", "DEFAULT", "VALUES", "SELECT", "WITH", "TABLE", "FROM", "ON", "RETURNING");
        bool hasColumns = cursor.Current.IsParenthesis && !ExpressionReader.IsQuery(cursor.Current.Items);
        IReadOnlyList<string>? columns = hasColumns ? ColumnList(cursor.TakeGroup()) : target.Columns(script);
        bool isByName = cursor.TryTake("BY", "NAME");
        cursor.TryTake("BY", "POSITION");
        if (cursor.TryTake("OVERRIDING"))
        {
            cursor.At += 2;
        }

        ImmutableArray<SqlToken> body = cursor.TakeUntil(EndsInsert);
        Relation query = body is [{ } first, { } second] && first.Is("DEFAULT") && second.Is("VALUES")
            ? new Relation(script.Names)
            : new QueryReader(script).Read(body, scope.Parent);
        flows.AddUses(target, query.Uses);
        if (isByName)
        {
            flows.AddByName(target, query);
        }
        else
        {
            flows.AddByPlace(target, columns, query);
        }

        ReadConflict(cursor, target, Excluded(columns, query), scope);
        return Returned(cursor, target, scope, query.Uses);
    }

    private string[] ColumnList(ImmutableArray<SqlToken> tokens) =>
        [.. TokenCursor.Split(tokens).Select(c => c[0].IsName ? script.Fold(c[0]) : throw new UnreadableSqlException("a list of columns has no names"))];

    private Relation Excluded(IReadOnlyList<string>? columns, Relation query)
    {
        var excluded = new Relation(script.Names) { Alias = "excluded", Uses = query.Uses };
        excluded.Columns.AddRange(query.Columns.Select((c, i) => c with { Name = columns is not null && i < columns.Count && query.IsClosed ? columns[i] : c.Name }));
        excluded.Stars.AddRange(query.Stars);
        return excluded;
    }

    private void ReadConflict(TokenCursor cursor, FlowTarget target, Relation excluded, Scope scope)
    {
        if (!cursor.TryTake("ON", "CONFLICT"))
        {
            return;
        }

        cursor.TakeUntil(c => c.Current.Is("DO") || c.Current.Is("RETURNING"));
        cursor.Expect("DO");
        if (!cursor.TryTake("UPDATE", "SET"))
        {
            cursor.TryTake("NOTHING");
            return;
        }

        scope.Relations.Add(excluded);
        var uses = new TableUses();
        ReadAssignments(cursor.TakeUntil(c => c.Current.Is("WHERE", "RETURNING")), target, scope, uses);
        ReadWhere(cursor, scope, uses);
        flows.AddUses(target, uses);
    }

    private static void ReadWhere(TokenCursor cursor, Scope scope, TableUses uses)
    {
        if (cursor.TryTake("WHERE"))
        {
            new ExpressionReader(scope, uses, isCondition: true).ReadCondition(cursor.TakeUntil(c => c.Current.Is("RETURNING")), LineageKind.Filtered);
        }
    }

    private Relation ReadUpdate(TokenCursor cursor, Scope scope)
    {
        FlowTarget target = TakeTarget(cursor, scope, "SET");
        cursor.Expect("SET");
        ImmutableArray<SqlToken> assignments = cursor.TakeUntil(c => c.Current.Is("WHERE", "RETURNING") || (c.Current.Is("FROM") && !c.Peek(-1).Is("DISTINCT")));
        var uses = new TableUses();
        if (cursor.TryTake("FROM"))
        {
            new FromReader(script, scope, uses).Read(cursor.TakeUntil(c => c.Current.Is("WHERE", "RETURNING")));
        }

        ReadAssignments(assignments, target, scope, uses);
        ReadWhere(cursor, scope, uses);
        flows.AddUses(target, uses);
        return Returned(cursor, target, scope, uses);
    }

    private Relation ReadDelete(TokenCursor cursor, Scope scope)
    {
        cursor.Expect("FROM");
        FlowTarget target = TakeTarget(cursor, scope, "USING", "WHERE", "RETURNING");
        var used = new TableUses();
        if (cursor.TryTake("USING"))
        {
            new FromReader(script, scope, used).Read(cursor.TakeUntil(c => c.Current.Is("WHERE", "RETURNING")));
        }

        ReadWhere(cursor, scope, used);

        // What decides which rows go gives none.
        var uses = new TableUses();
        uses.AddCondition(used);
        flows.AddUses(target, uses);
        return Returned(cursor, target, scope, uses);
    }
}
