namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>What is wrong with a document that is not valid BSON.</summary>
public enum BsonErrorReason : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The length prefix is not the number of bytes there are, or less than five.</summary>
    BadDocumentLength,

    /// <summary>The last byte is not NUL.</summary>
    NotTerminated,

    /// <summary>A NUL stands where a type byte should be, before the end.</summary>
    EarlyTerminator,

    /// <summary>A field name runs to the end of its document.</summary>
    NameNotTerminated,

    /// <summary>A type byte that BSON does not define.</summary>
    UnknownType,

    /// <summary>The value needs more bytes than its document has.</summary>
    ValueTruncated,

    /// <summary>A string's length is zero, negative or past the end.</summary>
    BadStringLength,

    /// <summary>A string does not end in NUL at its stated length.</summary>
    StringNotTerminated,

    /// <summary>A name or a string is not UTF-8.</summary>
    InvalidUtf8,

    /// <summary>A boolean that is neither 0 nor 1.</summary>
    BadBoolean,

    /// <summary>A binary's length is negative, past the end, or disagrees with its inner length (subtype 2).</summary>
    BadBinaryLength,

    /// <summary>The parts of a code with scope do not fill its stated length.</summary>
    BadCodeWithScope,

    /// <summary>Nested deeper than <see cref="BsonLimits.MaxDepth"/>.</summary>
    TooDeep,
}
