using System.Globalization;
using System.Text.Json.Nodes;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>Writes dumps and oplog files for tests, from JSON.</summary>
internal static class DumpWriter
{
    public static byte[] Bson(string json) => ExtendedJsonReader.ReadDocument(json);

    public static byte[] Bson(IEnumerable<string> documents) => [.. documents.SelectMany(Bson)];

    /// <summary>Writes a collection of the folder dump.</summary>
    public static void Collection(string dump, string database, string collection, IEnumerable<string> documents)
    {
        Directory.CreateDirectory(Path.Combine(dump, database));
        File.WriteAllBytes(Path.Combine(dump, database, collection + ".bson"), Bson(documents));
        File.WriteAllText(
            Path.Combine(dump, database, collection + ".metadata.json"),
            new JsonObject { ["options"] = new JsonObject(), ["indexes"] = new JsonArray(), ["collectionName"] = collection }.ToJsonString());
    }

    public static void Oplog(string path, IEnumerable<string> entries)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, Bson(entries));
    }

    /// <summary>An oplog entry.</summary>
    public static string Entry(uint seconds, string op, string ns, string o, string? o2 = null, string more = "", uint increment = 1)
    {
        string target = o2 is null ? "" : $",\"o2\":{o2}";
        string ts = string.Create(CultureInfo.InvariantCulture, $"{{\"$timestamp\":{{\"t\":{seconds},\"i\":{increment}}}}}");
        return $"{{\"op\":\"{op}\",\"ns\":\"{ns}\",\"o\":{o}{target},\"ts\":{ts},\"v\":2{more}}}";
    }
}
