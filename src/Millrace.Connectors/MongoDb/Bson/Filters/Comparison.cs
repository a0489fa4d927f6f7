namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary>The five comparisons.</summary>
internal enum Comparison
{
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
