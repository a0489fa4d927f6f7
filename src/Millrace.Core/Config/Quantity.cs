namespace Millrace.Core.Config;

/// <summary>Counts with their nouns, for people.</summary>
public static class Quantity
{
    /// <summary>A number of things: <c>1 load</c>, <c>1,234 loads</c>, <c>2 entries</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">The noun of one.</param>
    /// <param name="many">The noun of none and of several; null adds an s.</param>
    public static string Of(long count, string one, string? many = null) => $"{count:N0} {(count == 1 ? one : many ?? one + "s")}";
}
