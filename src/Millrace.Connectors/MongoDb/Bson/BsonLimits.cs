namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>Bounds that keep untrusted bytes from costing more than they weigh.</summary>
public static class BsonLimits
{
    /// <summary>
    /// Documents nested deeper than this are refused by the validator and by everything that recurses.
    /// A MongoDB server allows 200 levels by default and 250 at most, so data that it wrote never comes near.
    /// </summary>
    public const int MaxDepth = 500;

    /// <summary>The shortest document there can be: four bytes of length and the terminator.</summary>
    public const int MinDocumentLength = 5;
}
