using System.Collections.Immutable;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Reads the CTEs of a WITH clause into a scope.</summary>
internal sealed class WithReader(ScriptContext script, Scope scope)
{
    /// <summary>Reads what is in a CTE that changes data, its RETURNING as a relation; null where no statement may stand there.</summary>
    public Func<ImmutableArray<SqlToken>, Scope, Relation>? Changes { get; init; }

    /// <summary>Reads from behind WITH to behind the last CTE.</summary>
    public void Read(TokenCursor cursor)
    {
        bool isRecursive = cursor.TryTake("RECURSIVE");
        do
        {
            string name = script.Fold(cursor.TakeName()[^1]);
            ImmutableArray<string> columns = cursor.Current.IsParenthesis ? [.. cursor.TakeGroup().Where(t => t.IsName).Select(script.Fold)] : [];
            SkipUsingKey(cursor);
            cursor.Expect("AS");
            cursor.TryTake("NOT");
            cursor.TryTake("MATERIALIZED");
            ImmutableArray<SqlToken> body = cursor.TakeGroup();
            SkipSearchAndCycle(cursor);
            scope.Ctes[name] = Named(name, columns, ReadBody(name, columns, body, isRecursive));
        }
        while (cursor.TryTakeSymbol(","));
    }

    private Relation ReadBody(string name, ImmutableArray<string> columns, ImmutableArray<SqlToken> body, bool isRecursive)
    {
        if (body is [{ } first, ..] && first.Is("INSERT", "UPDATE", "DELETE", "MERGE"))
        {
            return Changes is { } changes ? changes(body, scope) : throw new UnreadableSqlException("a CTE changes data where none may");
        }

        var queries = new QueryReader(script);
        if (!isRecursive)
        {
            return queries.Read(body, scope);
        }

        // What a recursive CTE reads of itself comes from its first term; a second look lets columns cross over.
        scope.Ctes[name] = Named(name, columns, new Relation(script.Names));
        int notes = script.Notes.Count;
        for (int i = 0; i < 2; i++)
        {
            script.Notes.RemoveRange(notes, script.Notes.Count - notes);
            Relation seed = i == 0 ? FirstTerm(queries, body) : queries.Read(body, scope);
            scope.Ctes[name] = Named(name, columns, seed);
        }

        script.Notes.RemoveRange(notes, script.Notes.Count - notes);
        return queries.Read(body, scope);
    }

    private Relation FirstTerm(QueryReader queries, ImmutableArray<SqlToken> body)
    {
        var cursor = new TokenCursor(body);
        return cursor.Current.Is("WITH") ? queries.Read(body, scope) : queries.Read(cursor.TakeUntil(c => c.Current.Is("UNION")), scope);
    }

    private Relation Named(string name, ImmutableArray<string> columns, Relation query)
    {
        var relation = new Relation(script.Names) { Alias = name, IsOpen = query.IsOpen, Uses = query.Uses };
        relation.Columns.AddRange(query.Columns.Select((c, i) => i < columns.Length ? c with { Name = columns[i] } : c));
        relation.Stars.AddRange(query.Stars);
        return relation;
    }

    private static void SkipUsingKey(TokenCursor cursor)
    {
        if (cursor.TryTake("USING", "KEY"))
        {
            cursor.TakeGroup();
        }
    }

    private static void SkipSearchAndCycle(TokenCursor cursor)
    {
        if (cursor.Current.Is("SEARCH", "CYCLE"))
        {
            cursor.TakeUntil(c => c.Current.IsSymbol(",") || c.Current.Is("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES") || c.Current.IsParenthesis);
        }
    }
}
