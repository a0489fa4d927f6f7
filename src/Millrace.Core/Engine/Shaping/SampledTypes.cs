using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>
/// Chooses the base column of every field that a source's sample knows, so that the first value to arrive does not: of the sets of types
/// that meet in one, the set that most of the sampled values are of gets the plain name, typed as where they meet; of equal sets the one
/// whose first type is declared first in <see cref="TypeKind"/>. The order of the sample plays no part.
/// </summary>
internal sealed class SampledTypes
{
    private readonly Dictionary<string, ExpectedColumn> _fields;

    /// <summary>Reads a sample.</summary>
    /// <param name="sample">The dataset as the source describes it; null for none.</param>
    /// <param name="keepsJson">False where nested values leave their field for columns or tables of their own.</param>
    public SampledTypes(TableSchema? sample, bool keepsJson) => _fields = (sample?.Columns ?? [])
        .Where(c => keepsJson || c.Type.Kind != TypeKind.Json)
        .GroupBy(c => c.Name, StringComparer.Ordinal)
        .ToDictionary(g => g.Key, Choose, StringComparer.Ordinal);

    /// <summary>The base column of a top-level field, or null where the sample has not seen it.</summary>
    public ExpectedColumn? Of(string field) => _fields.GetValueOrDefault(field);

    private static ExpectedColumn Choose(IEnumerable<ColumnSchema> types)
    {
        ColumnSchema[] ordered =
        [
            .. types.OrderBy(c => c.Type.Kind).ThenBy(c => c.Type.Precision).ThenBy(c => c.Type.Scale).ThenBy(c => c.Type.IsUtc)
                .ThenBy(c => c.SourceType, StringComparer.Ordinal),
        ];
        (ExpectedColumn Column, long Values) best = Around(ordered, 0);
        for (int i = 1; i < ordered.Length; i++)
        {
            (ExpectedColumn Column, long Values) next = Around(ordered, i);
            best = next.Values > best.Values ? next : best;
        }

        return best.Column;
    }

    /// <summary>The types that meet one of them, and how many values they have together.</summary>
    private static (ExpectedColumn Column, long Values) Around(ColumnSchema[] types, int first)
    {
        LogicalType met = types[first].Type;
        long values = Weight(types[first]);
        for (int i = 0; i < types.Length; i++)
        {
            if (i != first && TypeLattice.Join(met, types[i].Type) is { Kind: not JoinKind.Variant } joined)
            {
                met = joined.Type;
                values += Weight(types[i]);
            }
        }

        return (new(met, types[first].SourceType), values);
    }

    private static long Weight(ColumnSchema type) => Math.Max(1, type.SampledValues);
}
