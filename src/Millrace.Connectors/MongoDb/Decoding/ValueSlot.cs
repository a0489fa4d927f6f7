namespace Millrace.Connectors.MongoDb.Decoding;

/// <summary>The columns that one field can have at once: one for each kind of value that it was seen with.</summary>
internal enum ValueSlot : byte
{
    /// <summary>boolean.</summary>
    Boolean,

    /// <summary>int64: BSON int and long.</summary>
    Integer,

    /// <summary>float64.</summary>
    Double,

    /// <summary>decimal, scale as the batch needs it.</summary>
    Decimal,

    /// <summary>timestamp(3) utc.</summary>
    Date,

    /// <summary>uuid: binary subtype 4.</summary>
    Uuid,

    /// <summary>text: string.</summary>
    String,

    /// <summary>text: 24 hex digits.</summary>
    ObjectId,

    /// <summary>text: a decimal128 that no decimal(38) holds: NaN, an infinity, -0, more digits.</summary>
    WideDecimal,

    /// <summary>bytes: binary subtype 0.</summary>
    Bytes,

    /// <summary>json: documents, arrays and every type that has no column type of its own.</summary>
    Json,
}
