namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>Why and where a document is not valid BSON.</summary>
/// <param name="Reason">What is wrong.</param>
/// <param name="Offset">Where, in bytes from the start of the document.</param>
public readonly record struct BsonError(BsonErrorReason Reason, int Offset)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Describe(Reason)} at byte {Offset}";

    private static string Describe(BsonErrorReason reason) => reason switch
    {
        BsonErrorReason.BadDocumentLength => "a document's length prefix does not match its bytes",
        BsonErrorReason.NotTerminated => "a document does not end in a NUL byte",
        BsonErrorReason.EarlyTerminator => "a document ends before its stated length",
        BsonErrorReason.NameNotTerminated => "a field name has no terminator",
        BsonErrorReason.UnknownType => "an element has an unknown type",
        BsonErrorReason.ValueTruncated => "a value runs past the end of its document",
        BsonErrorReason.BadStringLength => "a string has an impossible length",
        BsonErrorReason.StringNotTerminated => "a string has no terminator at its stated length",
        BsonErrorReason.InvalidUtf8 => "a name or string is not UTF-8",
        BsonErrorReason.BadBoolean => "a boolean is neither 0 nor 1",
        BsonErrorReason.BadBinaryLength => "a binary value has an impossible length",
        BsonErrorReason.BadCodeWithScope => "a code with scope does not fill its stated length",
        BsonErrorReason.TooDeep => $"documents are nested deeper than {BsonLimits.MaxDepth} levels",
        _ => "no error",
    };
}
