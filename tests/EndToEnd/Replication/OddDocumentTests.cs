using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Replication;

/// <summary>Documents that a server takes and a warehouse has trouble with.</summary>
public sealed class OddDocumentTests
{
    private const string Orders = "shop.orders";

    public static TheoryData<string> Names => Warehouses.Names;

    /// <summary>PostgreSQL's index entries end at 2,704 bytes; MongoDB's ids go to a document's size.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_key_that_is_too_long_for_an_index_fails_no_run(string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        var random = new Random(5);
        string longId = string.Concat(Enumerable.Range(0, 20_000).Select(_ => (char)random.Next(33, 0x2fff)));
        var model = new MongoModel(random);
        model.Create(Orders);
        foreach (string id in (string[])["short", longId, "other"])
        {
            model.Run(ModelOperation.Insert(model, Orders, new BsonDoc().Add("_id", BsonLeaf.String(id)).Add("v", BsonLeaf.Int32(1))));
        }

        DumpWriter.WriteCollections(folder["dump"], model);
        int written = model.Log.Count - 1;
        DumpWriter.WriteFile(Path.Combine(folder["dump"], "oplog.bson"), model.Log.Skip(written).Select(e => e.Bytes));
        Directory.CreateDirectory(folder["oplog"]);
        var project = new ReplicationProject(folder, warehouse);
        RunEnd first = RunEnd.Read(project.Run().ShouldExitWith(0));

        foreach (string key in model.Collections[Orders].Keys.ToArray())
        {
            BsonDoc before = model.Collections[Orders][key];
            model.Run(ModelOperation.Delta(model, Orders, key, new BsonDoc().Add("_id", before.Find("_id")!).Add("v", BsonLeaf.Int32(2))));
        }

        string next = Path.Combine(folder["oplog"], "1.bson");
        DumpWriter.WriteFile(next, model.Log.Skip(written).Select(e => e.Bytes));
        project.Run().ShouldExitWith(0);

        string[] documents = IndependentReplay.Run(folder["replayed"], folder["dump"], [next])[Orders];
        bool isQuarantined = first.Quarantined > 0;
        string[] loaded = [.. documents.Where(d => !isQuarantined || d.Length < 1000)];
        project.Compare(new() { [Orders] = loaded }).Differences.ShouldBeEmpty();
        isQuarantined.ShouldBe(name == "postgresql");
        project.Quarantined().ShouldAllBe(reason => reason.Contains("MR1209", StringComparison.Ordinal) && reason.Contains("bytes", StringComparison.Ordinal));
    }

    /// <summary>BSON lets a name come twice; jsonb would keep the last value and say nothing.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Repeated_names_inside_a_document_lose_no_value(string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        BsonDoc inner = new BsonDoc().Add("a", BsonLeaf.Int32(1)).Add("b", BsonLeaf.Int32(2)).Add("a", BsonLeaf.Int32(3));
        var many = new BsonDoc();
        foreach (int i in Enumerable.Range(0, 300))
        {
            many.Add("field" + i, BsonLeaf.Int32(i));
        }

        BsonDoc[] documents =
        [
            new BsonDoc().Add("_id", BsonLeaf.Int32(1)).Add("n", new BsonDoc().Add("a", BsonLeaf.Int32(0))),
            new BsonDoc().Add("_id", BsonLeaf.Int32(2)).Add("n", inner),
            new BsonDoc().Add("_id", BsonLeaf.Int32(3)).Add("n", BsonList.Of([new BsonDoc().Add("deep", inner)])),
            new BsonDoc().Add("_id", BsonLeaf.Int32(4)).Add("v", BsonLeaf.Int32(1)).Add("v", BsonLeaf.Int32(2)),
            new BsonDoc().Add("_id", BsonLeaf.Int32(5)).Add("n", BsonList.Of([many, many])),
        ];
        DumpWriter.WriteCollection(folder["dump"], Orders, Guid.NewGuid(), documents.Select(d => d.ToBytes()));
        Directory.CreateDirectory(folder["oplog"]);
        var project = new ReplicationProject(folder, warehouse);
        project.Run().ShouldExitWith(0);
        string[] all = IndependentReplay.Run(folder["replayed"], folder["dump"], [])[Orders];
        project.Compare(new() { [Orders] = [all[0], all[^1]] }).Differences.ShouldBeEmpty();
        string[] raw = [.. warehouse.Query($"SELECT raw FROM {warehouse.DefaultSchema}._millrace_quarantine").Select(r => r["raw"].Text)];
        raw.Length.ShouldBe(3);
        raw.Count(r => r.Contains("\"a\"", StringComparison.Ordinal)).ShouldBe(2);
        project.Quarantined().ShouldAllBe(reason => reason.Contains("MR1114", StringComparison.Ordinal));
    }
}
