using System.Collections.Immutable;
using Millrace.Core.Lineage;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>What names mean at one place of a statement: relations, CTEs, and what the place around it has.</summary>
/// <param name="Script">The script.</param>
/// <param name="Parent">The place around it, or null.</param>
internal sealed record Scope(ScriptContext Script, Scope? Parent)
{
    /// <summary>The relations of the FROM clause so far.</summary>
    public List<Relation> Relations { get; } = [];

    /// <summary>CTEs by name.</summary>
    public Dictionary<string, Relation> Ctes { get; } = new(Script.Names);

    /// <summary>Names that the query itself gives, for clauses that may use them.</summary>
    public List<OutputColumn> Outputs { get; } = [];

    /// <summary>Names that stand for no column here: a lambda's parameters.</summary>
    public HashSet<string> Locals { get; } = new(Script.Names);

    /// <summary>The CTE of a name, or null.</summary>
    public Relation? FindCte(string name) => Ctes.GetValueOrDefault(name) ?? Parent?.FindCte(name);

    /// <summary>The relation of an alias, or null.</summary>
    public Relation? FindRelation(string alias) =>
        Relations.Find(r => r.Alias is not null && Script.Names.Equals(r.Alias, alias)) ?? Parent?.FindRelation(alias);

    /// <summary>What gives the value of a name with its dots; null where it means nothing that is known.</summary>
    public ImmutableArray<ValueSource>? Resolve(ImmutableArray<string> name)
    {
        if (name.Length > 1 && FindRelation(name[0]) is { } relation)
        {
            return name[1] == "*" ? [.. relation.Row()] : Deeper(relation.Find(name[1])?.Sources, name.Length > 2);
        }

        if (name.Length > 2 && FindTable(new(name[0], name[1])) is { } table)
        {
            return Deeper(table.Find(name[2])?.Sources, name.Length > 3);
        }

        return Deeper(ResolveColumn(name[0]), name.Length > 1);
    }

    private Relation? FindTable(TableId table) => Relations.Find(r => r.Table is { } id && Script.Names.Equals(id.Schema, table.Schema) && Script.Names.Equals(id.Name, table.Name))
        ?? Parent?.FindTable(table);

    // A part of a value is made from it.
    private static ImmutableArray<ValueSource>? Deeper(ImmutableArray<ValueSource>? sources, bool isPart) =>
        isPart && sources is { } whole ? [.. whole.Select(s => s.Through(LineageKind.Derived))] : sources;

    private ImmutableArray<ValueSource>? ResolveColumn(string name)
    {
        if (Locals.Contains(name))
        {
            return [];
        }

        (Relation Relation, ColumnLookup Found)[] found =
            [.. Relations.Select(r => (r, Found: r.Find(name))).Where(f => f.Found is not null).Select(f => (f.r, f.Found!))];
        if (found.FirstOrDefault(f => f.Found.IsSure) is { Found: { } sure })
        {
            return sure.Sources;
        }

        if (Outputs.Find(o => o.Name is not null && Script.Names.Equals(o.Name, name)) is { } output)
        {
            return output.Sources;
        }

        if (found.Length == 0)
        {
            return Relations.Exists(r => r.Alias is not null && Script.Names.Equals(r.Alias, name))
                ? [.. FindRelation(name)!.Row().Select(s => s.Through(LineageKind.Derived))]
                : Parent?.ResolveColumn(name);
        }

        // A column of a table around it that has one for certain is as likely as one of a table whose columns are not known.
        return found.Length == 1 && !IsSureAround(name)
            ? found[0].Found.Sources
            : [.. found.SelectMany(f => f.Relation.Tables).Concat(TablesAround(name)).Distinct().Select(t => new ValueSource(new(t, null), LineageKind.Derived, true))];
    }

    private bool IsSureAround(string name) => Parent is not null && (Parent.Relations.Exists(r => r.Find(name) is { IsSure: true }) || Parent.IsSureAround(name));

    private IEnumerable<TableId> TablesAround(string name) => Parent is null
        ? []
        : Parent.Relations.Where(r => r.Find(name) is { IsSure: true }).SelectMany(r => r.Tables).Concat(Parent.TablesAround(name));
}
