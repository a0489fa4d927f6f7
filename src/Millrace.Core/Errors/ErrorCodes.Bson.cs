namespace Millrace.Core.Errors;

public static partial class ErrorCodes
{
    /// <summary>Bytes that should be a BSON document are not one.</summary>
    public static readonly ErrorCode BsonCorrupt = new("MR1101", "A BSON document is corrupt.", ErrorKind.Run);

    /// <summary>A BSON value was asked for as a type that it is not.</summary>
    public static readonly ErrorCode BsonWrongType = new("MR1102", "A BSON value has another type than the one that is needed.", ErrorKind.Run);

    /// <summary>A value cannot be written as BSON.</summary>
    public static readonly ErrorCode BsonNotRepresentable = new("MR1103", "A value cannot be stored as BSON.", ErrorKind.Run);

    /// <summary>A text is not MongoDB Extended JSON.</summary>
    public static readonly ErrorCode ExtendedJsonInvalid = new("MR1104", "A text is not valid MongoDB Extended JSON.", ErrorKind.Configuration);

    /// <summary>A filter uses an operator that is not supported, or uses one wrongly.</summary>
    public static readonly ErrorCode MongoFilterInvalid = new("MR1105", "A MongoDB filter is invalid or uses an operator that is not supported.", ErrorKind.Configuration);

    /// <summary>A list of fields to read is contradictory.</summary>
    public static readonly ErrorCode MongoFieldsInvalid = new("MR1106", "A MongoDB field list is invalid.", ErrorKind.Configuration);
}
