using System.Text;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>
/// Commands of the log that take collections away. A server logs the drop of each collection before the one of their database; a log that holds the
/// latter alone stands for all of them.
/// </summary>
internal static class DropCommand
{
    /// <summary>The collection that an entry of kind command drops or gives another name, or null.</summary>
    public static MongoNamespace? GoneBy(in OplogEntry entry)
    {
        var command = new BsonReader(entry.Object);
        if (!command.Next() || command.Type != BsonType.String)
        {
            return null;
        }

        return Encoding.UTF8.GetString(command.Name) switch
        {
            "drop" => new(MongoNamespace.Parse(entry.Namespace).Database, Encoding.UTF8.GetString(command.GetString())),
            "renameCollection" => MongoNamespace.Parse(command.GetString()),
            _ => null,
        };
    }

    /// <summary>True for the drop of a whole database, which is the one of the entry's namespace.</summary>
    public static bool IsOfDatabase(in OplogEntry entry)
    {
        var command = new BsonReader(entry.Object);
        return command.Next() && command.Name.SequenceEqual("dropDatabase"u8);
    }
}
