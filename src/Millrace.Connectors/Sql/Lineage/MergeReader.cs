using System.Collections.Immutable;
using Millrace.Core.Lineage;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Reads MERGE.</summary>
internal sealed class MergeReader(ScriptContext script, FlowBuilder flows, ChangeReader changes)
{
    /// <summary>Reads from behind the verb.</summary>
    public Relation Read(TokenCursor cursor, Scope scope)
    {
        cursor.Expect("INTO");
        FlowTarget target = changes.TakeTarget(cursor, scope, "USING");
        cursor.Expect("USING");
        var uses = new TableUses();
        new FromReader(script, scope, uses).Read(cursor.TakeUntil(c => c.Current.Is("ON", "WHEN") || (c.Current.Is("USING") && c.Peek(1).IsParenthesis)));
        var conditions = new ExpressionReader(scope, uses, isCondition: true);
        if (cursor.TryTake("ON"))
        {
            conditions.ReadCondition(cursor.TakeUntil(c => c.Current.Is("WHEN")), LineageKind.Joined);
        }
        else if (cursor.TryTake("USING"))
        {
            foreach (string column in cursor.TakeGroup().Where(t => t.IsName).Select(script.Fold))
            {
                uses.Add(scope.Relations.SelectMany(r => r.Find(column)?.Sources ?? []), LineageKind.Joined);
            }
        }

        while (cursor.TryTake("WHEN"))
        {
            ReadWhen(cursor, target, scope, uses, conditions);
        }

        flows.AddUses(target, uses);
        return changes.Returned(cursor, target, scope, uses);
    }

    private void ReadWhen(TokenCursor cursor, FlowTarget target, Scope scope, TableUses uses, ExpressionReader conditions)
    {
        cursor.TryTake("NOT");
        cursor.Expect("MATCHED");
        if (cursor.TryTake("BY"))
        {
            cursor.Take();
        }

        if (cursor.TryTake("AND"))
        {
            conditions.ReadCondition(TakeOutsideCase(cursor, "THEN"), LineageKind.Filtered);
        }

        cursor.Expect("THEN");
        var action = new TokenCursor(TakeOutsideCase(cursor, "WHEN", "RETURNING"));
        if (action.TryTake("UPDATE"))
        {
            ReadUpdate(action, target, scope, uses);
        }
        else if (action.TryTake("INSERT"))
        {
            ReadInsert(action, target, scope, uses);
        }
        else if (!action.Current.Is("DELETE", "DO", "ERROR"))
        {
            throw new UnreadableSqlException($"'{action.Current.Text}' after THEN is not known");
        }
    }

    private void ReadUpdate(TokenCursor action, FlowTarget target, Scope scope, TableUses uses)
    {
        bool isAll = action.IsAtEnd || action.TryTake("BY", "NAME") || (action.Current.Is("SET") && action.Peek(1).IsSymbol("*"));
        if (isAll)
        {
            AddAll(target, scope);
        }
        else
        {
            action.Expect("SET");
            changes.ReadAssignments(action.Rest, target, scope, uses);
        }
    }

    private void ReadInsert(TokenCursor action, FlowTarget target, Scope scope, TableUses uses)
    {
        if (action.IsAtEnd || action.TryTakeSymbol("*") || action.TryTake("BY", "NAME"))
        {
            AddAll(target, scope);
            return;
        }

        string[]? columns = action.Current.IsParenthesis ? [.. action.TakeGroup().Where(t => t.IsName).Select(script.Fold)] : null;
        if (action.TryTake("OVERRIDING"))
        {
            action.At += 2;
        }

        if (action.TryTake("DEFAULT", "VALUES"))
        {
            return;
        }

        action.Expect("VALUES");
        var row = new Relation(script.Names);
        var expressions = new ExpressionReader(scope, uses, isCondition: false);
        row.Columns.AddRange(TokenCursor.Split(action.TakeGroup()).Select(v => new OutputColumn(null, expressions.Read(v))));
        flows.AddByPlace(target, columns ?? target.Columns(script), row);
    }

    // Every column of the source goes to the column of its name.
    private void AddAll(FlowTarget target, Scope scope)
    {
        var all = new Relation(script.Names);
        foreach (Relation source in scope.Relations.Skip(1))
        {
            all.AddAll(source, []);
        }

        flows.AddByName(target, all);
    }

    private static ImmutableArray<SqlToken> TakeOutsideCase(TokenCursor cursor, params string[] ends)
    {
        int depth = 0;
        return cursor.TakeUntil(c =>
        {
            if (depth == 0 && c.Current.Is(ends))
            {
                return true;
            }

            depth += c.Current.Is("CASE") ? 1 : c.Current.Is("END") ? -1 : 0;
            return false;
        });
    }
}
