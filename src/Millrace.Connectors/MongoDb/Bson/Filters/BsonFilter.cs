using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Bson.Filters;

/// <summary>
/// A MongoDB query that is evaluated here, on raw documents: for files, where there is no server to push it down to. Read once, used
/// for every document; thread-safe.
/// </summary>
/// <remarks>
/// Operators: <c>$eq $ne $gt $gte $lt $lte $in $nin $exists $type $regex $size $all $elemMatch $not $and $or $nor</c>; anything else is
/// refused by name, never ignored. Semantics are the server's: dotted paths go through documents and arrays, a condition on an array
/// holds when it holds for an element or for the array itself, comparisons stay within one kind of type, null also matches a missing
/// field. Regular expressions run on .NET's linear-time engine: no look-around and no back references, and <c>\d</c>, <c>\w</c>,
/// <c>\s</c> know Unicode. Source: MongoDB's manual, "Query and Projection Operators".
/// </remarks>
public sealed class BsonFilter
{
    private readonly FilterNode _root;

    private BsonFilter(FilterNode root)
    {
        _root = root;
    }

    /// <summary>Reads a filter from Extended JSON.</summary>
    /// <exception cref="MillraceException">MR1104 when it is not Extended JSON, MR1105 when it is not a filter that is supported.</exception>
    public static BsonFilter Parse(string json) => Parse(ExtendedJsonReader.ReadDocument(json, ExtendedJsonDialect.V2AndLegacy));

    /// <summary>Reads a filter from a BSON document.</summary>
    /// <exception cref="MillraceException">MR1105 when it is not a filter that is supported.</exception>
    public static BsonFilter Parse(ReadOnlySpan<byte> document)
    {
        BsonValidator.Validate(document);
        return new BsonFilter(FilterParser.ParseQuery(document));
    }

    /// <summary>Whether <paramref name="document"/> matches.</summary>
    /// <exception cref="MillraceException">MR1101 when the part of the document that is looked at is not valid BSON.</exception>
    public bool Matches(ReadOnlySpan<byte> document) => _root.Matches(new BsonValue(BsonType.Document, document));
}
