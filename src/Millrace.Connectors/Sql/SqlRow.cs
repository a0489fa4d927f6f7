using System.Globalization;

namespace Millrace.Connectors.Sql;

/// <summary>One row of a small result: system tables and catalogs, never data on the way to a target.</summary>
/// <param name="Values">The values as the engine's client gives them; null for NULL.</param>
internal readonly record struct SqlRow(object?[] Values)
{
    /// <summary>A text that is there.</summary>
    public string Text(int column) => Convert.ToString(Values[column], CultureInfo.InvariantCulture)
        ?? throw new InvalidOperationException($"Column {column} of a result is NULL.");

    /// <summary>A text or null.</summary>
    public string? TextOrNull(int column) => Convert.ToString(Values[column], CultureInfo.InvariantCulture) is { Length: > 0 } text
        ? text
        : Values[column] as string;

    /// <summary>A 64-bit integer that is there.</summary>
    public long Long(int column) => Convert.ToInt64(Values[column], CultureInfo.InvariantCulture);

    /// <summary>A 32-bit integer that is there.</summary>
    public int Int(int column) => Convert.ToInt32(Values[column], CultureInfo.InvariantCulture);

    /// <summary>A boolean that is there.</summary>
    public bool Bool(int column) => Convert.ToBoolean(Values[column], CultureInfo.InvariantCulture);
}
