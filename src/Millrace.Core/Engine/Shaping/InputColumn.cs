using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>
/// A column on its way through the shaper: values of one field and one type. Several may stand for one field; a row then has a value in
/// at most one of them.
/// </summary>
/// <param name="path">The path in the source, kept as <see cref="ColumnSchema.Source"/>.</param>
/// <param name="wanted">The name that the target column should have.</param>
/// <param name="values">The values; owned.</param>
/// <param name="sourceType">The source's name of the type.</param>
internal sealed class InputColumn(string path, string wanted, Column values, string? sourceType) : IDisposable
{
    private bool _isTaken;

    public string Path { get; } = path;

    public string Wanted { get; } = wanted;

    public Column Values { get; } = values;

    public string? SourceType { get; } = sourceType;

    /// <summary>The type that a cast of the user's fixes for the target column, or null.</summary>
    public LogicalType? Pinned { get; init; }

    /// <summary>What the source's sample says that the base column should be, or null.</summary>
    public ExpectedColumn? Expected { get; set; }

    /// <summary>True where the source declares the column: the target gets it though no row has a value.</summary>
    public bool IsDeclared { get; init; }

    public bool HasValues => Values.NullCount < Values.Count;

    /// <summary>Hands the values to the caller, who owns them from now on.</summary>
    public Column Take()
    {
        _isTaken = true;
        return Values;
    }

    public InputColumn As(string path, string wanted) => new(path, wanted, Values, SourceType) { Pinned = Pinned, Expected = Expected, IsDeclared = IsDeclared };

    public void Dispose()
    {
        if (!_isTaken)
        {
            Values.Dispose();
        }
    }
}
