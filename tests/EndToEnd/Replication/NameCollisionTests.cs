using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Replication;

/// <summary>Names that are different in the source and one in the warehouse.</summary>
public sealed class NameCollisionTests
{
    public static TheoryData<string> Names => Warehouses.Names;

    [Theory]
    [InlineData("duckdb", "Case", "case")]
    [InlineData("duckdb", "x.y", "x_y")]
    [InlineData("postgresql", "x.y", "x_y")]
    public void Collections_of_one_table_are_refused_before_anything_is_written(string name, string first, string second)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        Write(folder, "another", new BsonDoc().Add("_id", BsonLeaf.Int32(0)));
        Write(folder, first, new BsonDoc().Add("_id", BsonLeaf.Int32(1)));
        Write(folder, second, new BsonDoc().Add("_id", BsonLeaf.Int32(1)));
        Directory.CreateDirectory(folder["oplog"]);
        var project = new ReplicationProject(folder, warehouse);

        ProcessOutcome refused = project.Run().ShouldExitWith(2);

        refused.Output.ShouldContain(first);
        refused.Output.ShouldContain(second);
        refused.Output.ShouldContain("Exclude one of them");
        warehouse.Tables(ReplicationProject.Schema).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_array_does_not_share_the_table_of_a_collection(string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        Write(folder, "o", new BsonDoc().Add("_id", BsonLeaf.Int32(1)).Add("items", BsonList.Of([BsonLeaf.Int32(7), BsonLeaf.Int32(8)])));
        Write(folder, "o__items", new BsonDoc().Add("_id", BsonLeaf.Int32(1)).Add("v", BsonLeaf.Int32(9)));
        Directory.CreateDirectory(folder["oplog"]);
        var project = new ReplicationProject(folder, warehouse) { MoreOfTask = "        nested: child_tables\n" };

        project.Run().ShouldExitWith(0);

        string child = warehouse.Tables(ReplicationProject.Schema).Except(["o", "o__items"]).ShouldHaveSingleItem();
        child.ShouldStartWith("o__items_");
        warehouse.Query($"SELECT value FROM raw.{child} ORDER BY 1").Select(r => r["value"].Text).ShouldBe(["7", "8"]);
        warehouse.Query("SELECT v FROM raw.o__items").ShouldHaveSingleItem()["v"].Text.ShouldBe("9");
    }

    private static void Write(TemporaryFolder folder, string collection, BsonDoc document) =>
        DumpWriter.WriteCollection(folder["dump"], $"{ReplicationProject.Database}.{collection}", Guid.NewGuid(), [document.ToBytes()]);
}
