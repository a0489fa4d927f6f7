using System.Collections.Immutable;
using Millrace.Core.Lineage;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Reads a FROM clause into a scope: tables, CTEs, subqueries, functions, joins.</summary>
internal sealed class FromReader(ScriptContext script, Scope scope, TableUses uses)
{
    private static readonly string[] JoinWords =
        ["JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "ASOF", "SEMI", "ANTI", "POSITIONAL", "OUTER"];

    private static readonly string[] NoAliases =
        [.. JoinWords, "ON", "USING", "LATERAL", "TABLESAMPLE", "PIVOT", "UNPIVOT", "WITH", "WHERE", "SET", "WHEN", "RETURNING", "AT", "WINDOW"];

    private static readonly string[] KnownFunctions =
    [
        "generate_series", "unnest", "range", "generate_subscripts", "json_each", "json_tree", "json_array_elements", "json_array_elements_text", "json_object_keys",
        "json_populate_record", "json_populate_recordset", "json_to_record", "json_to_recordset", "jsonb_array_elements", "jsonb_array_elements_text", "jsonb_each", "jsonb_each_text", "json_each_text",
        "jsonb_object_keys", "jsonb_path_query", "jsonb_populate_record", "jsonb_populate_recordset", "jsonb_to_record", "jsonb_to_recordset", "regexp_split_to_table", "regexp_matches", "string_to_table",
        "repeat_row", "xmltable", "json_table", "flatten",
    ];

    /// <summary>Reads it.</summary>
    public void Read(ImmutableArray<SqlToken> tokens)
    {
        var cursor = new TokenCursor(tokens);
        ReadFactor(cursor);
        while (!cursor.IsAtEnd)
        {
            if (cursor.TryTakeSymbol(","))
            {
                ReadFactor(cursor);
            }
            else if (cursor.TryTake("ON"))
            {
                ImmutableArray<SqlToken> condition = cursor.TakeUntil(EndsCondition);
                new ExpressionReader(scope, uses, isCondition: true).ReadCondition(condition, LineageKind.Joined);
            }
            else if (cursor.TryTake("USING"))
            {
                ReadUsing(cursor);
            }
            else if (TryTakeJoin(cursor))
            {
                ReadFactor(cursor);
            }
            else
            {
                throw new UnreadableSqlException($"'{cursor.Current.Text}' in a FROM clause is not known");
            }
        }
    }

    private static bool TryTakeJoin(TokenCursor cursor)
    {
        int start = cursor.At;
        while (cursor.TryTakeAny(JoinWords))
        {
            if (cursor.Peek(-1).Is("JOIN"))
            {
                return true;
            }
        }

        cursor.At = start;
        return false;
    }

    private static bool EndsCondition(TokenCursor cursor) => cursor.Current.IsSymbol(",") || cursor.Current.Is("ON", "USING")
        || (cursor.Current.Is(JoinWords) && !cursor.Peek(1).IsParenthesis && !cursor.Peek(-1).IsSymbol("."));

    private void ReadUsing(TokenCursor cursor)
    {
        foreach (string column in cursor.TakeGroup().Where(t => t.IsName).Select(script.Fold))
        {
            uses.Add(scope.Relations.Select(r => r.Find(column)).OfType<ColumnLookup>().SelectMany(f => f.Sources), LineageKind.Joined);
        }

        if (cursor.TryTake("AS"))
        {
            cursor.TakeName();
        }
    }

    private void ReadFactor(TokenCursor cursor)
    {
        cursor.TryTake("LATERAL");
        cursor.TryTake("ONLY");
        Relation relation = cursor.Current switch
        {
            { IsParenthesis: true } group when ExpressionReader.IsQuery(group.Items) => Query(new QueryReader(script).Read(cursor.TakeGroup(), scope)),
            { IsParenthesis: true } => Nested(cursor.TakeGroup()),
            { Kind: SqlTokenKind.Text } => File(cursor.Take()),
            var t when t.Is("VALUES") => Query(new QueryReader(script).Read(cursor.TakeUntil(c => c.Current.Is("AS")), scope)),
            var t when t.Is("ROWS") && cursor.Peek(1).Is("FROM") && cursor.Peek(2).IsParenthesis => RowsFrom(cursor),
            _ => Named(cursor),
        };
        Sample(cursor);
        relation = Pivoted(cursor, relation);
        relation = Aliased(cursor, relation);
        Sample(cursor);
        relation = Pivoted(cursor, relation);
        if (!ReferenceEquals(relation, NestedJoin))
        {
            scope.Relations.Add(relation);
        }
    }

    private Relation NestedJoin { get; } = new(script.Names);

    // (a JOIN b ON …): its tables are the clause's own.
    private Relation Nested(ImmutableArray<SqlToken> tokens)
    {
        Read(tokens);
        return NestedJoin;
    }

    private Relation Query(Relation query)
    {
        uses.AddData(query.Uses);
        return query;
    }

    private Relation File(SqlToken file)
    {
        script.Note($"it reads the file '{file.Text}'");
        return new Relation(script.Names) { IsOpen = true };
    }

    private Relation RowsFrom(TokenCursor cursor)
    {
        cursor.At += 2;
        new ExpressionReader(scope, uses, isCondition: false).Read(cursor.TakeGroup());
        return new Relation(script.Names) { IsOpen = true };
    }

    private Relation Named(TokenCursor cursor)
    {
        ImmutableArray<SqlToken> name = cursor.TakeName();
        if (cursor.Current.IsParenthesis)
        {
            return Function(name, cursor);
        }

        cursor.TryTakeSymbol("*");
        string own = script.Fold(name[^1]);
        if (name.Length == 1 && (scope.FindCte(own) ?? script.Temporary.GetValueOrDefault(own)) is { } local)
        {
            uses.AddData(local.Uses);
            return local;
        }

        TableId table = script.TableOf(name);
        if (table.Schema is "information_schema" or "pg_catalog" || own.StartsWith("pg_", StringComparison.Ordinal))
        {
            return new Relation(script.Names) { Alias = own, IsOpen = true };
        }

        uses.Data.Add(table);
        return script.RelationOf(table, own);
    }

    private Relation Function(ImmutableArray<SqlToken> name, TokenCursor cursor)
    {
        string function = script.Fold(name[^1]);
        ImmutableArray<ValueSource> sources = new ExpressionReader(scope, uses, isCondition: false).Read(cursor.TakeGroup());
        if (name.Length > 1 || !KnownFunctions.Contains(function, StringComparer.OrdinalIgnoreCase))
        {
            script.Note($"what the function {string.Join('.', name.Select(script.Fold))} reads cannot be told");
        }

        cursor.TryTake("WITH", "ORDINALITY");
        var relation = new Relation(script.Names) { Alias = function, IsOpen = false };
        relation.Columns.Add(new(function, [.. sources.Select(s => s.Through(LineageKind.Derived))]));
        relation.Stars.Add((new Relation(script.Names) { IsOpen = true }, []));
        return relation;
    }

    private static void Sample(TokenCursor cursor)
    {
        if (cursor.TryTake("TABLESAMPLE"))
        {
            cursor.TakeUntil(c => c.Current.Kind == SqlTokenKind.Group);
            cursor.TakeGroup();
            if (cursor.TryTake("REPEATABLE"))
            {
                cursor.TakeGroup();
            }
        }
    }

    private Relation Pivoted(TokenCursor cursor, Relation relation)
    {
        if (!cursor.TryTakeAny("PIVOT", "UNPIVOT"))
        {
            return relation;
        }

        cursor.TakeUntil(c => c.Current.IsParenthesis);
        cursor.TakeGroup();
        script.Note("columns of PIVOT and UNPIVOT cannot be told");
        var pivoted = new Relation(script.Names) { Uses = relation.Uses };
        ImmutableArray<ValueSource> rows = [.. relation.Tables.Select(t => new ValueSource(new(t, null), LineageKind.Derived, true))];
        pivoted.Columns.Add(new(null, rows));
        pivoted.Stars.Add((new Relation(script.Names) { IsOpen = true }, []));
        return pivoted;
    }

    private Relation Aliased(TokenCursor cursor, Relation relation)
    {
        bool hasAs = cursor.TryTake("AS");
        if (hasAs && cursor.Current.IsParenthesis)
        {
            return Renamed(relation, relation.Alias, ColumnNames(cursor.TakeGroup()));
        }

        if (!hasAs && (!cursor.Current.IsName || cursor.Current.Is(NoAliases)))
        {
            return relation;
        }

        string alias = script.Fold(cursor.TakeName()[^1]);
        ImmutableArray<string> columns = cursor.Current.IsParenthesis ? ColumnNames(cursor.TakeGroup()) : [];
        return Renamed(relation, alias, columns);
    }

    // Names, or definitions of a function's columns.
    private ImmutableArray<string> ColumnNames(ImmutableArray<SqlToken> tokens) =>
        [.. TokenCursor.Split(tokens).Where(c => c[0].IsName).Select(c => script.Fold(c[0]))];

    private Relation Renamed(Relation relation, string? alias, ImmutableArray<string> columns)
    {
        bool isFunction = relation is { Table: null, Stars.Count: > 0 } && relation.Columns.Count == 1 && relation.Uses.Data.Count == 0;
        var renamed = new Relation(script.Names) { Alias = alias, Table = relation.Table, IsOpen = relation.IsOpen, Uses = relation.Uses };
        ImmutableArray<ValueSource> all = isFunction ? relation.Columns[0].Sources : [];
        if (isFunction)
        {
            // Whatever a function's columns are called, its arguments make them. An alias alone names its one column, too.
            renamed.Columns.AddRange((columns.IsEmpty ? [alias ?? ""] : columns).Select(c => new OutputColumn(c, all)));
            renamed.Stars.AddRange(columns.IsEmpty ? relation.Stars : []);
            return renamed;
        }

        renamed.Columns.AddRange(relation.Columns.Select((c, i) => i < columns.Length ? c with { Name = columns[i] } : c));
        renamed.Stars.AddRange(relation.Stars);
        if (columns.Length > relation.Columns.Count)
        {
            renamed.Columns.AddRange(columns.Skip(relation.Columns.Count)
                .Select(c => new OutputColumn(c, [.. relation.Tables.Select(t => new ValueSource(new(t, null), LineageKind.Derived, true))])));
        }

        return renamed;
    }
}
