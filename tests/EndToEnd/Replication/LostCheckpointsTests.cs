using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Replication;

/// <summary>Checkpoints that somebody removed from the destination, or that an old backup brought back without: the task begins anew, over its own rows.</summary>
public sealed class LostCheckpointsTests
{
    private const string Delete = "DELETE FROM {0}._millrace_checkpoints";
    private const string Drop = "DROP TABLE {0}._millrace_checkpoints";

    public static TheoryData<string, string, int> Losses
    {
        get
        {
            var losses = new TheoryData<string, string, int>();
            foreach (string name in Warehouses.All)
            {
                losses.Add(name, Delete, 1);
                losses.Add(name, Delete, 2);
                losses.Add(name, Drop, 1);
                losses.Add(name, Drop, 2);
            }

            return losses;
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_merged_table_becomes_what_the_source_holds(string name, string loss, int generation)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        Directory.CreateDirectory(folder["oplog"]);
        var project = new ReplicationProject(folder, warehouse);
        var model = new MongoModel(new Random(1));
        model.Create("shop.orders");
        foreach (int id in Enumerable.Range(1, 5))
        {
            model.Run(ModelOperation.Insert(model, "shop.orders", new BsonDoc().Add("_id", BsonLeaf.Int32(id)).Add("v", BsonLeaf.Int32(1))));
        }

        WriteDump(folder, model);
        project.Run().ShouldExitWith(0);
        for (int i = 1; i < generation; i++)
        {
            MillraceProcess.Run(folder.Path, project.Environment, "run", "load", "--full-refresh").ShouldExitWith(0);
        }

        // What is deleted now is in no log that is read again.
        string[] keys = [.. model.Collections["shop.orders"].Keys];
        model.Run(ModelOperation.Delete(model, "shop.orders", keys[0]));
        model.Run(ModelOperation.Delta(model, "shop.orders", keys[1], new BsonDoc().Add("_id", model.Collections["shop.orders"][keys[1]].Find("_id")!).Add("v", BsonLeaf.Int32(2))));
        WriteDump(folder, model);
        warehouse.Execute(string.Format(null, loss, warehouse.DefaultSchema));
        ProcessOutcome outcome = project.Run().ShouldExitWith(0);
        project.Compare(IndependentReplay.Run(folder["replayed"], folder["dump"], [])).Differences.ShouldBeEmpty();
        outcome.Output.ShouldContain("no checkpoint says how far");
        project.Run().ShouldExitWith(0).Output.ShouldNotContain("no checkpoint says how far");
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_replaced_table_holds_each_row_once(string name, string loss, int generation)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
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
                    source: { connection: backup, dataset: orders, replication_method: full_refresh }
                    target: { connection: warehouse, table: raw.orders }
            """);
        DumpWriter.WriteCollection(folder["dump"], "shop.orders", Guid.NewGuid(), Enumerable.Range(0, 10).Select(i => new BsonDoc().Add("_id", BsonLeaf.Int32(i)).ToBytes()));
        for (int i = 0; i < generation; i++)
        {
            MillraceProcess.Run(folder.Path, warehouse.Environment, "run", "load").ShouldExitWith(0);
        }

        warehouse.Execute(string.Format(null, loss, warehouse.DefaultSchema));
        MillraceProcess.Run(folder.Path, warehouse.Environment, "run", "load").ShouldExitWith(0);
        warehouse.Count("SELECT count(*) FROM raw.orders").ShouldBe(10);
        warehouse.Tables("raw").ShouldBe(["orders"]);
    }

    private static void WriteDump(TemporaryFolder folder, MongoModel model)
    {
        DumpWriter.WriteCollections(folder["dump"], model);
        DumpWriter.WriteFile(Path.Combine(folder["dump"], "oplog.bson"), model.Log.Skip(model.Log.Count - 1).Select(e => e.Bytes));
    }
}
