namespace Millrace.Core.Schemas;

/// <summary>Says which tables are one where a destination has them: names that differ only in case may be.</summary>
/// <param name="naming">The destination's naming rule.</param>
internal sealed class TableIdComparer(NamingRule naming) : IEqualityComparer<TableId>
{
    private readonly StringComparer _names = naming.IgnoresCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <inheritdoc/>
    public bool Equals(TableId x, TableId y) => _names.Equals(x.Schema, y.Schema) && _names.Equals(x.Name, y.Name);

    /// <inheritdoc/>
    public int GetHashCode(TableId obj) => HashCode.Combine(_names.GetHashCode(obj.Schema), _names.GetHashCode(obj.Name));
}
