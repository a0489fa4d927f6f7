using System.Text.Json.Nodes;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>A random history: the documents as they are, and the log of how they came to be so, made independently of the product.</summary>
internal sealed class OplogHistory(Random random, string[] collections)
{
    private readonly Dictionary<string, SortedDictionary<int, JsonObject>> _state =
        collections.ToDictionary(c => c, _ => new SortedDictionary<int, JsonObject>(), StringComparer.Ordinal);

    private uint _seconds = 1000;
    private int _transaction;

    public List<string> Entries { get; } = [];

    public Dictionary<string, IReadOnlyDictionary<int, JsonObject>> Snapshot() => _state.ToDictionary(
        c => c.Key,
        c => (IReadOnlyDictionary<int, JsonObject>)c.Value.ToDictionary(d => d.Key, d => (JsonObject)d.Value.DeepClone()),
        StringComparer.Ordinal);

    public void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            _seconds += (uint)random.Next(1, 3);
            switch (random.Next(20))
            {
                case 0:
                    Entries.Add(DumpWriter.Entry(_seconds, "n", "", """{"msg":"periodic noop"}"""));
                    break;
                case 1:
                    Transaction();
                    break;
                default:
                    (string op, string ns, string o, string? o2) = Operation();
                    Entries.Add(DumpWriter.Entry(_seconds, op, ns, o, o2));
                    break;
            }
        }
    }

    private void Transaction()
    {
        string session = $$$"""
            ,"lsid":{"id":{"$uuid":"cdd84f08-0bee-4fb1-ac6a-0c6a9a49fb07"}},"txnNumber":{"$numberLong":"{{{_transaction++}}}"}
            """;
        int parts = random.Next(1, 4);
        for (int part = 1; part <= parts; part++)
        {
            var operations = new List<string>();
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                (string op, string ns, string o, string? o2) = Operation();
                operations.Add($"{{\"op\":\"{op}\",\"ns\":\"{ns}\",\"o\":{o}{(o2 is null ? "" : $",\"o2\":{o2}")}}}");
            }

            string partial = part < parts ? ",\"partialTxn\":true" : "";
            Entries.Add(DumpWriter.Entry(_seconds++, "c", "admin.$cmd", $"{{\"applyOps\":[{string.Join(",", operations)}]{partial}}}", more: session));
        }
    }

    private (string Op, string Namespace, string O, string? O2) Operation()
    {
        string ns = collections[random.Next(collections.Length)];
        SortedDictionary<int, JsonObject> documents = _state[ns];
        int id = random.Next(60);
        string key = $"{{\"_id\":{id}}}";
        if (!documents.TryGetValue(id, out JsonObject? document))
        {
            document = new JsonObject { ["_id"] = id, ["n"] = random.Next(100), ["inner"] = new JsonObject { ["x"] = 1 }, ["list"] = new JsonArray(1, 2, 3) };
            documents[id] = document;
            return ("i", ns, document.ToJsonString(), null);
        }

        switch (random.Next(6))
        {
            case 0:
                documents.Remove(id);
                return ("d", ns, key, null);
            case 1:
                documents[id] = new JsonObject { ["_id"] = id, ["text"] = $"replaced {random.Next(1000)}" };
                return ("u", ns, documents[id].ToJsonString(), key);
            case 2 when document["inner"] is JsonObject inner:
                inner["y"] = random.Next(100);
                return ("u", ns, $"{{\"$v\":1,\"$set\":{{\"inner.y\":{inner["y"]}}}}}", key);
            case 3 when document["list"] is JsonArray { Count: > 1 } list:
                list.RemoveAt(list.Count - 1);
                list[0] = random.Next(100);
                return ("u", ns, $"{{\"$v\":2,\"diff\":{{\"slist\":{{\"a\":true,\"l\":{list.Count},\"u0\":{list[0]}}}}}}}", key);
            case 4 when document.ContainsKey("n"):
                document.Remove("n");
                return ("u", ns, """{"$v":2,"diff":{"d":{"n":false}}}""", key);
            default:
                bool had = document.Remove("n");
                document["n"] = random.Next(100);
                return ("u", ns, $"{{\"$v\":2,\"diff\":{{\"{(had ? "u" : "i")}\":{{\"n\":{document["n"]}}}}}}}", key);
        }
    }
}
