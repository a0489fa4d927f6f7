namespace Millrace.Connectors.MongoDb.Decoding;

/// <summary>Subtypes of BSON binary that have a column type of their own.</summary>
internal static class BinarySubtype
{
    /// <summary>Plain bytes.</summary>
    public const byte Generic = 0;

    /// <summary>A UUID in network byte order. (Subtype 3 is one too, but its byte order depends on the driver that wrote it.)</summary>
    public const byte Uuid = 4;
}
