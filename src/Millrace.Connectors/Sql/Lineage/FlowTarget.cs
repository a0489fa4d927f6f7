using System.Collections.Immutable;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>What a statement writes: a table, or a temporary one that this script alone sees.</summary>
/// <param name="Table">The table; of no meaning where it is temporary.</param>
/// <param name="Temporary">The temporary one, which gathers its sources; or null.</param>
internal sealed record FlowTarget(TableId Table, Relation? Temporary)
{
    /// <summary>Its columns in order; null where not all are known.</summary>
    public IReadOnlyList<string>? Columns(ScriptContext script) => Temporary is null
        ? script.ColumnsOf(Table)
        : Temporary.IsClosed && Temporary.Columns.TrueForAll(c => c.Name is not null) ? [.. Temporary.Columns.Select(c => c.Name!)] : null;

    /// <summary>It as a relation that the statement may read, too.</summary>
    public Relation AsRelation(ScriptContext script, string alias)
    {
        if (Temporary is null)
        {
            return script.RelationOf(Table, alias);
        }

        var relation = new Relation(script.Names) { Alias = alias, IsOpen = Temporary.IsOpen, Uses = Temporary.Uses };
        relation.Columns.AddRange(Temporary.Columns);
        relation.Stars.AddRange(Temporary.Stars);
        return relation;
    }
}
