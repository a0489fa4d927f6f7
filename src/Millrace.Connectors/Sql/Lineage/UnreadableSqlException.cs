namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Ends the reading of a statement of which it cannot be told what it reads. It never leaves the reader.</summary>
/// <param name="reason">Why, in words that stand after "cannot tell:".</param>
internal sealed class UnreadableSqlException(string reason) : Exception(reason);
