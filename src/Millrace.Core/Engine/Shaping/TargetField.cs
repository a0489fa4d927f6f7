using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>A field of the source and the columns that it fills: a base column, and a variant column for each kind that the base cannot hold.</summary>
internal sealed class TargetField(string path, string wanted, LogicalType? pinned)
{
    private Dictionary<string, int>? _variants;

    public string Path { get; } = path;

    public string Wanted { get; } = wanted;

    /// <summary>The type that a cast fixes, or null; such a base column never widens.</summary>
    public LogicalType? Pinned { get; } = pinned;

    /// <summary>What the base column is to be when it is made, or null: then the first value decides.</summary>
    public ExpectedColumn? Expected { get; set; }

    /// <summary>True where the value that calls for the base column need not be one that it can hold.</summary>
    public bool IsTypedBeforehand => Pinned is not null || Expected is not null;

    /// <summary>Index of the base column, or -1 while the field has none.</summary>
    public int Base { get; set; } = -1;

    /// <summary>True where the base column holds a value that its wider type could not (see <see cref="WideValues"/>).</summary>
    public bool IsWide { get; set; }

    /// <summary>True for fields of the key: they get a column even where max_columns is reached.</summary>
    public bool IsKey { get; set; }

    public bool HasVariants => _variants is not null;

    public IEnumerable<int> Columns => (Base >= 0 ? [Base] : Array.Empty<int>()).Concat(_variants?.Values ?? Enumerable.Empty<int>());

    public int VariantOf(string kind) => _variants is not null && _variants.TryGetValue(kind, out int column) ? column : -1;

    public void SetVariant(string kind, int column) => (_variants ??= new(StringComparer.Ordinal)).Add(kind, column);
}
