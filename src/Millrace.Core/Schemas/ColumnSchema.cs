namespace Millrace.Core.Schemas;

/// <summary>One column of a table.</summary>
/// <param name="Name">
/// As a source gives it: the field's own name. After shaping: the target column's name, unquoted, as the destination stores it.
/// </param>
/// <param name="Type">The logical type.</param>
/// <param name="Nullable">False only where the source promises a value in every row.</param>
/// <param name="Source">After shaping: the path in the source that feeds this column, or null for a constant.</param>
/// <param name="SourceType">
/// The source's own name of the type (<c>objectId</c>, <c>string</c>, <c>int</c>), kept in the destination's column map; needed where a key
/// is rebuilt as a canonical type-tagged text. Null where it does not matter.
/// </param>
public sealed record ColumnSchema(
    string Name, LogicalType Type, bool Nullable = true, string? Source = null, string? SourceType = null)
{
    /// <summary>In a source's description: how many of the sampled values were of this type; 0 where nobody counted.</summary>
    public long SampledValues { get; init; }
}
