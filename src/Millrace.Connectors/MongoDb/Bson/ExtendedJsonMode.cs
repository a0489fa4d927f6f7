namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>The two output forms of MongoDB Extended JSON v2.</summary>
public enum ExtendedJsonMode : byte
{
    /// <summary>
    /// Plain JSON numbers for int32, int64 and finite doubles, ISO 8601 for dates of 1970 to 9999; every value is kept, the type
    /// of an integer is not.
    /// </summary>
    Relaxed,

    /// <summary>Every value with its type.</summary>
    Canonical,
}
