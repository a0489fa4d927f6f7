using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>Puts the parts of a split event together: each part has some of the event's fields, and the last one the token to go on with.</summary>
internal static class EventParts
{
    /// <summary>The event as it would be whole.</summary>
    public static byte[] Join(List<byte[]> parts) => Documents.Make(w =>
    {
        for (int i = 0; i < parts.Count; i++)
        {
            var reader = new BsonReader(parts[i]);
            while (reader.Next())
            {
                bool isToken = reader.Name.SequenceEqual("_id"u8);
                if ((!isToken || i == parts.Count - 1) && !reader.Name.SequenceEqual("splitEvent"u8))
                {
                    w.WriteValue(reader.Name, reader.Current);
                }
            }
        }
    });
}
