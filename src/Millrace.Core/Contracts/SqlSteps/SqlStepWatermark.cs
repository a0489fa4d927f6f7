namespace Millrace.Core.Contracts.SqlSteps;

/// <summary>
/// A step that works on what is new: it gets <c>:since</c> (exclusive) and <c>:until</c> (inclusive), and <c>:until</c> becomes the watermark in the
/// step's own transaction.
/// </summary>
/// <param name="Query">A query whose one value is how far the input goes now: a date, a timestamp, a number or a text.</param>
public sealed record SqlStepWatermark(string Query)
{
    /// <summary>The checkpoint's partition that holds it.</summary>
    public const string Partition = "watermark";

    /// <summary>The scheme of its position.</summary>
    public const string Scheme = "sql.watermark";

    /// <summary><c>:since</c> of the first run, as text of the query's type; null for NULL.</summary>
    public string? Initial { get; init; }

    /// <summary>How far before the watermark to begin: time for dates and timestamps.</summary>
    public TimeSpan? LookbackTime { get; init; }

    /// <summary>How far before the watermark to begin: for numbers.</summary>
    public decimal? LookbackNumber { get; init; }
}
