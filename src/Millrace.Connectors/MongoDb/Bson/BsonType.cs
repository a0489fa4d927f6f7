namespace Millrace.Connectors.MongoDb.Bson;

/// <summary>The type byte before each element of a BSON document (bsonspec.org, version 1.1).</summary>
public enum BsonType : byte
{
    /// <summary>Not an element: the byte that ends a document.</summary>
    EndOfDocument = 0x00,

    /// <summary>IEEE 754 binary64, 8 bytes.</summary>
    Double = 0x01,

    /// <summary>UTF-8 text with a length prefix; may hold NUL.</summary>
    String = 0x02,

    /// <summary>An embedded document.</summary>
    Document = 0x03,

    /// <summary>An array: a document whose names are the indexes.</summary>
    Array = 0x04,

    /// <summary>Bytes with a subtype.</summary>
    Binary = 0x05,

    /// <summary>Deprecated: undefined, no bytes.</summary>
    Undefined = 0x06,

    /// <summary>A 12-byte object id, big-endian time first.</summary>
    ObjectId = 0x07,

    /// <summary>One byte, 0 or 1.</summary>
    Boolean = 0x08,

    /// <summary>Signed milliseconds since 1970-01-01T00:00:00Z, 8 bytes.</summary>
    DateTime = 0x09,

    /// <summary>Null, no bytes.</summary>
    Null = 0x0A,

    /// <summary>Two NUL-terminated strings: pattern and options.</summary>
    RegularExpression = 0x0B,

    /// <summary>Deprecated: a namespace and an object id.</summary>
    DbPointer = 0x0C,

    /// <summary>JavaScript source.</summary>
    JavaScript = 0x0D,

    /// <summary>Deprecated: text.</summary>
    Symbol = 0x0E,

    /// <summary>Deprecated: JavaScript source and a scope document.</summary>
    JavaScriptWithScope = 0x0F,

    /// <summary>Signed 32-bit integer.</summary>
    Int32 = 0x10,

    /// <summary>MongoDB's internal timestamp: increment (low 4 bytes), then seconds (high 4 bytes), both unsigned.</summary>
    Timestamp = 0x11,

    /// <summary>Signed 64-bit integer.</summary>
    Int64 = 0x12,

    /// <summary>IEEE 754-2008 decimal128 in binary integer decimal encoding, 16 bytes.</summary>
    Decimal128 = 0x13,

    /// <summary>Sorts after everything, no bytes.</summary>
    MaxKey = 0x7F,

    /// <summary>Sorts before everything, no bytes.</summary>
    MinKey = 0xFF,
}
