using System.Collections.Immutable;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Reads CREATE: tables with their columns, tables and views of a query. Indexes, schemas, types are passed over.</summary>
internal sealed class CreateReader(ScriptContext script, FlowBuilder flows)
{
    private static readonly string[] NoColumns = ["CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE", "LIKE"];

    /// <summary>Reads it.</summary>
    public void Read(TokenCursor cursor)
    {
        cursor.Expect("CREATE");
        cursor.TryTake("OR", "REPLACE");
        bool isTemporary = false;
        while (cursor.Current.Is("GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "RECURSIVE", "MATERIALIZED"))
        {
            isTemporary |= cursor.Take().Is("TEMP", "TEMPORARY");
        }

        if (cursor.TryTakeAny("TABLE", "VIEW"))
        {
            ReadTable(cursor, isTemporary, cursor.Peek(-1).Is("VIEW"));
        }
        else if (cursor.Current.Is("FUNCTION", "PROCEDURE", "TRIGGER", "RULE", "MACRO", "CONSTRAINT", "EVENT"))
        {
            script.Note($"it makes a {cursor.Current.Text.ToLowerInvariant()}; what that reads and writes when it runs cannot be told");
        }
    }

    /// <summary>Makes a table of a query.</summary>
    public void Fill(ImmutableArray<SqlToken> name, bool isTemporary, Relation query)
    {
        if (isTemporary)
        {
            script.Temporary[script.Fold(name[^1])] = query;
            flows.Reads(query.Uses);
            return;
        }

        var target = new FlowTarget(script.TableOf(name), null);
        flows.AddUses(target, query.Uses);
        flows.AddByName(target, query);
        if (query.Columns.TrueForAll(c => c.Name is not null))
        {
            script.SetColumns(target.Table, [.. query.Columns.Select(c => c.Name!), .. query.IsClosed ? Array.Empty<string>() : ["*"]]);
        }
    }

    private void ReadTable(TokenCursor cursor, bool isTemporary, bool isView)
    {
        cursor.TryTake("IF", "NOT", "EXISTS");
        ImmutableArray<SqlToken> name = cursor.TakeName();
        ImmutableArray<SqlToken> definitions = cursor.Current.IsParenthesis ? cursor.TakeGroup() : [];
        bool isOf = cursor.Current.Is("PARTITION", "OF", "INHERITS");
        cursor.TakeUntil(c => c.Current.Is("AS"));
        if (!cursor.TryTake("AS"))
        {
            if (!isView && !isOf && !definitions.IsEmpty)
            {
                Define(name, isTemporary, definitions);
            }

            return;
        }

        Relation query = new QueryReader(script).Read(WithoutOptions(cursor.Rest), null);
        string[] columns = [.. TokenCursor.Split(definitions).Where(d => d[0].IsName).Select(d => script.Fold(d[0]))];
        var named = new Relation(script.Names) { IsOpen = query.IsOpen, Uses = query.Uses };
        named.Columns.AddRange(query.Columns.Select((c, i) => i < columns.Length ? c with { Name = columns[i] } : c));
        named.Stars.AddRange(query.Stars);
        Fill(name, isTemporary, named);
    }

    private void Define(ImmutableArray<SqlToken> name, bool isTemporary, ImmutableArray<SqlToken> definitions)
    {
        List<string> columns = [];
        foreach (ImmutableArray<SqlToken> definition in TokenCursor.Split(definitions))
        {
            if (definition[0].Is("LIKE"))
            {
                TableId like = script.TableOf(new TokenCursor(definition[1..]).TakeName());
                columns.AddRange(script.ColumnsOf(like) ?? ["*"]);
            }
            else if (definition[0].IsName && !definition[0].Is(NoColumns))
            {
                columns.Add(script.Fold(definition[0]));
            }
        }

        if (!isTemporary)
        {
            script.SetColumns(script.TableOf(name), columns);
            return;
        }

        var relation = new Relation(script.Names) { Alias = script.Fold(name[^1]), IsOpen = columns.Contains("*") };
        relation.Columns.AddRange(columns.Where(c => c != "*").Select(c => new OutputColumn(c, [])));
        script.Temporary[script.Fold(name[^1])] = relation;
    }

    // WITH DATA, WITH NO DATA, WITH CASCADED CHECK OPTION.
    private static ImmutableArray<SqlToken> WithoutOptions(ImmutableArray<SqlToken> query)
    {
        int with = Enumerable.Range(0, query.Length).LastOrDefault(i => query[i].Is("WITH"), -1);
        return with > 0 && query[^1].Is("DATA", "OPTION") ? query[..with] : query;
    }
}
