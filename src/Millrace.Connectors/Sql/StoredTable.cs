using System.Collections.Immutable;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>A table as it is in the store, with what Millrace noted of it.</summary>
/// <param name="Id">The table, its schema resolved.</param>
/// <param name="Columns">Data columns in order, system columns left out.</param>
/// <param name="SystemColumns">The system columns that it has.</param>
/// <param name="Note">What <c>_millrace_tables</c> says, or null where Millrace never wrote it.</param>
internal sealed record StoredTable(
    TableId Id, ImmutableArray<StoredColumn> Columns, ImmutableHashSet<string> SystemColumns, TableNote? Note)
{
    /// <summary>The data column of this name, or null.</summary>
    public StoredColumn? Find(string name)
    {
        foreach (StoredColumn column in Columns)
        {
            if (string.Equals(column.Name, name, StringComparison.Ordinal))
            {
                return column;
            }
        }

        return null;
    }

    /// <summary>The table as the engine sees it.</summary>
    public TargetTable ToTarget(TableId name, bool isEmpty) => new(
        new(
            name,
            [.. Columns.Select(c => new ColumnSchema(c.Name, c.Type, true, c.Source, c.SourceType))],
            Note?.Key ?? []),
        isEmpty,
        Note?.IsManaged ?? false,
        [.. Columns.Where(c => c.IsWide).Select(c => c.Name)]);
}

/// <summary>A data column of a table in the store.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type">Logical type: from the column map, else by the catalog.</param>
/// <param name="Source">The path that feeds it.</param>
/// <param name="SourceType">The source's name of its type.</param>
/// <param name="IsWide">An int64 column that may hold a value beyond ±2^53.</param>
/// <param name="IsMapped">True where the column map has it.</param>
internal sealed record StoredColumn(
    string Name, LogicalType Type, string? Source, string? SourceType, bool IsWide, bool IsMapped)
{
    /// <summary>True for a column that the server fills: identity, computed, period, rowversion. It is never written.</summary>
    public bool IsGenerated { get; init; }

    /// <summary>The longest value in bytes, where the store sets a bound; else 0.</summary>
    public int MaxBytes { get; init; }
}

/// <summary>What <c>_millrace_tables</c> says of a table.</summary>
/// <param name="IsManaged">Millrace made the table.</param>
/// <param name="Key">The key's columns.</param>
/// <param name="KeyIndex">Name of the unique index on the key, or null where it is not built yet.</param>
/// <param name="Write">How it was written last; only the ways count, not the schema.</param>
/// <param name="Generation">For a shadow: whose rows it holds. For a replaced table: the generation that was swapped in; 0 before the first.</param>
internal sealed record TableNote(
    bool IsManaged, ImmutableArray<string> Key, string? KeyIndex, TableWrite Write, int Generation);
