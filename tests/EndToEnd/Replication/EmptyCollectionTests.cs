using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Replication;

/// <summary>Collections without documents have a table all the same.</summary>
public sealed class EmptyCollectionTests
{
    public static TheoryData<string> Names => Warehouses.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void An_empty_collection_has_a_table_with_its_key_and_fills_later(string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        var model = new MongoModel(new Random(1));
        foreach (string collection in (string[])["shop.full", "shop.numbers", "shop.objects"])
        {
            model.Create(collection);
        }

        model.Run(ModelOperation.Insert(model, "shop.full", new BsonDoc().Add("_id", BsonLeaf.Int32(1))));
        DumpWriter.WriteCollections(folder["dump"], model);
        DumpWriter.WriteFile(Path.Combine(folder["dump"], "oplog.bson"), model.Log.Select(e => e.Bytes));
        int written = model.Log.Count - 1;
        var project = new ReplicationProject(folder, warehouse);
        project.Run().ShouldExitWith(0);

        warehouse.Tables(ReplicationProject.Schema).ShouldBe(["full", "numbers", "objects"], ignoreOrder: true);
        warehouse.Query("SELECT _id, _millrace_run_id FROM raw.objects").ShouldBeEmpty();

        model.Run(ModelOperation.Insert(model, "shop.numbers", new BsonDoc().Add("_id", BsonLeaf.Int32(7)).Add("v", BsonLeaf.String("a"))));
        model.Run(ModelOperation.Insert(model, "shop.numbers", new BsonDoc().Add("_id", BsonLeaf.Int32(8)).Add("v", BsonLeaf.String("b"))));
        model.Run(ModelOperation.Delete(model, "shop.numbers", model.Collections["shop.numbers"].Keys[0]));
        model.Run(ModelOperation.Insert(model, "shop.objects", new BsonDoc().Add("_id", BsonLeaf.ObjectId(0, 0)).Add("v", BsonLeaf.Int32(2))));
        Directory.CreateDirectory(folder["oplog"]);
        string next = Path.Combine(folder["oplog"], "1.bson");
        DumpWriter.WriteFile(next, model.Log.Skip(written).Select(e => e.Bytes));
        project.Run().ShouldExitWith(0);

        project.Quarantined().ShouldBeEmpty();
        project.Compare(IndependentReplay.Run(folder["replayed"], folder["dump"], [next])).Differences.ShouldBeEmpty();
        warehouse.Query("SELECT _id FROM raw.objects").ShouldHaveSingleItem()["_id"].Text.ShouldBe(new string('0', 24));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_replaced_table_without_rows_stands_alone(string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        var model = new MongoModel(new Random(1));
        model.Create("shop.empty");
        model.Create("shop.full");
        model.Run(ModelOperation.Insert(model, "shop.full", new BsonDoc().Add("_id", BsonLeaf.Int32(1))));
        DumpWriter.WriteCollections(folder["dump"], model);
        File.WriteAllText(
            folder["millrace.yaml"],
            $$"""
            connections:
              backup: { type: mongodb, dump: dump, database: shop }
              warehouse:
                {{warehouse.ConnectionYaml}}
            jobs:
              load:
                tasks:
                  - name: all
                    source: { connection: backup, dataset: "*", replication_method: full_refresh }
                    target: { connection: warehouse, table: "raw.{dataset}", write_disposition: replace }
            """);

        for (int run = 0; run < 2; run++)
        {
            MillraceProcess.Run(folder.Path, warehouse.Environment, "run", "load").ShouldExitWith(0);
            warehouse.Tables("raw").ShouldBe(["empty", "full"], ignoreOrder: true);
        }
    }
}
