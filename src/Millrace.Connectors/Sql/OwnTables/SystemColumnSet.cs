using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.OwnTables;

/// <summary>Which system columns a table needs for the way it is written.</summary>
internal static class SystemColumnSet
{
    private static readonly HashSet<string> All = new(StringComparer.Ordinal)
    {
        SystemColumns.RunId, SystemColumns.LoadedAt, SystemColumns.Position, SystemColumns.Generation,
        SystemColumns.DeletedAt, SystemColumns.ValidFrom, SystemColumns.ValidTo, SystemColumns.IsCurrent,
    };

    /// <summary>True for a name that the destination fills itself.</summary>
    public static bool Contains(string name) => All.Contains(name);

    /// <summary>Names and definitions, in the order in which they are added.</summary>
    public static IEnumerable<(string Name, string Type)> For(TableWrite write, SqlDialect dialect)
    {
        string instant = dialect.TypeName(LogicalType.TimestampUtc());
        yield return (SystemColumns.RunId, dialect.TypeName(LogicalType.Int64));
        yield return (SystemColumns.LoadedAt, instant);
        if (write.IsChangeCapture)
        {
            yield return (SystemColumns.Position, dialect.OrderedText);
            yield return (SystemColumns.Generation, dialect.TypeName(LogicalType.Int32));
        }

        if (HasDeletedAt(write))
        {
            yield return (SystemColumns.DeletedAt, instant);
        }

        if (IsScd2(write))
        {
            yield return (SystemColumns.ValidFrom, instant);
            yield return (SystemColumns.ValidTo, instant);
            yield return (SystemColumns.IsCurrent, dialect.TypeName(LogicalType.Boolean));
        }
    }

    /// <summary>
    /// True where deletes are marked. Children of a document are replaced with it, and a replaced table is what was read: neither is marked.
    /// </summary>
    public static bool HasDeletedAt(TableWrite write) =>
        write.DeleteMode == DeleteMode.Soft && write.ParentKey.IsEmpty && write.Disposition != WriteDisposition.Replace;

    /// <summary>True where versions are kept.</summary>
    public static bool IsScd2(TableWrite write) =>
        write.Disposition == WriteDisposition.Merge && write.Strategy == MergeStrategy.Scd2 && write.ParentKey.IsEmpty;
}
