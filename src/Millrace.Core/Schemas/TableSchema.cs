using System.Collections.Immutable;

namespace Millrace.Core.Schemas;

/// <summary>
/// The columns of a batch or a table, and its key. Immutable. A batch straight from a schemaless source may hold several columns of
/// one name and different types (each row then has a value in at most one of them); after shaping, names are unique.
/// </summary>
/// <param name="Table">The dataset (from a source) or the target table (after shaping).</param>
/// <param name="Columns">Columns in order.</param>
/// <param name="Key">Names of the key's columns; empty where there is none.</param>
public sealed record TableSchema(TableId Table, ImmutableArray<ColumnSchema> Columns, ImmutableArray<string> Key)
{
    /// <summary>
    /// From a source: true where these are all columns that the dataset has, as a database declares them. Each then gets a column in the target, whether or
    /// not a row has a value in it.
    /// </summary>
    public bool IsDeclared { get; init; }

    /// <summary>Index of the first column with this name (ordinal), or -1.</summary>
    public int IndexOf(string name)
    {
        for (int i = 0; i < Columns.Length; i++)
        {
            if (string.Equals(Columns[i].Name, name, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }
}
