using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Replication;

/// <summary>Versions, child tables and drops over a dump and the log that follows it, in two runs.</summary>
public sealed class HistoryTests : IDisposable
{
    private const string Orders = "shop.orders";

    private readonly TemporaryFolder _folder = new();
    private readonly MongoModel _model = new(new Random(9));
    private int _written;
    private int _files;

    public static TheoryData<string> Names => Warehouses.Names;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Scd2_keeps_every_change_and_no_version_ends_before_it_begins(string name)
    {
        using Warehouse warehouse = Warehouses.Create(name, _folder);
        var project = new ReplicationProject(_folder, warehouse) { MoreOfTarget = ", merge_strategy: scd2" };
        _model.Create(Orders);
        Insert(1, 0);
        Insert(2, 0);
        WriteDump();
        Set(1, 1);
        Insert(3, 0);
        WriteLog();
        project.Run().ShouldExitWith(0);
        Set(1, 2);
        Set(3, 1);
        Set(3, 2);
        _model.Run(ModelOperation.Delete(_model, Orders, KeyOf(1)));
        Insert(1, 9);
        WriteLog();
        project.Run().ShouldExitWith(0);

        List<Version> versions = [.. warehouse.Read("raw", "orders").Select(Version.Of)];
        versions.OrderBy(v => v.Id).ThenBy(v => v.From).ThenBy(v => v.Value).Select(v => $"{v.Id}:{v.Value}").ShouldBe(
            ["1:0", "1:1", "1:2", "1:9", "2:0", "3:0", "3:1", "3:2"], ignoreOrder: true);
        versions.Where(v => v.To is null).Select(v => $"{v.Id}:{v.Value}").ShouldBe(["1:9", "2:0", "3:2"], ignoreOrder: true);
        versions.ShouldAllBe(v => v.To == null || v.To >= v.From);
        versions.ShouldAllBe(v => v.From > 1_700_000_000_000_000m);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Child_tables_follow_their_parents(string name)
    {
        using Warehouse warehouse = Warehouses.Create(name, _folder);
        var project = new ReplicationProject(_folder, warehouse) { DeleteMode = "hard", MoreOfTask = "        nested: child_tables\n" };
        _model.Create(Orders);
        InsertLines(1, 10, 11);
        InsertLines(2, 20);
        InsertLines(3, 30, 31, 32);
        WriteDump();
        project.Run().ShouldExitWith(0);
        Lines(warehouse).ShouldBe(["1/0=10", "1/1=11", "2/0=20", "3/0=30", "3/1=31", "3/2=32"]);

        _model.Run(ModelOperation.Delta(_model, Orders, KeyOf(1), WithLines(1, 12)));
        _model.Run(ModelOperation.Replace(_model, Orders, KeyOf(2), WithLines(2, 20, 21)));
        _model.Run(ModelOperation.Delete(_model, Orders, KeyOf(3)));
        InsertLines(4, 40);
        _model.Run(ModelOperation.Delta(_model, Orders, KeyOf(4), WithLines(4)));
        WriteLog();
        project.Run().ShouldExitWith(0);
        Lines(warehouse).ShouldBe(["1/0=12", "2/0=20", "2/1=21"]);
        warehouse.Query("SELECT CAST(_id AS VARCHAR) AS id FROM raw.orders ORDER BY 1").Select(r => r["id"].Text).ShouldBe(["1", "2", "4"]);
    }

    [Theory]
    [InlineData("duckdb", "ignore")]
    [InlineData("duckdb", "delete")]
    [InlineData("duckdb", "fail")]
    [InlineData("postgresql", "ignore")]
    [InlineData("postgresql", "delete")]
    [InlineData("postgresql", "fail")]
    public void A_dropped_collection_does_what_on_drop_says(string name, string onDrop)
    {
        using Warehouse warehouse = Warehouses.Create(name, _folder);
        var project = new ReplicationProject(_folder, warehouse) { OnDrop = onDrop, DeleteMode = "hard" };
        _model.Create(Orders);
        Insert(1, 0);
        Insert(2, 0);
        WriteDump();
        project.Run().ShouldExitWith(0);
        Set(1, 5);
        _model.Drop(Orders);
        _model.Create(Orders);
        Insert(3, 0);
        WriteLog();
        ProcessOutcome outcome = project.Run();

        string[] rows = [.. warehouse.Query("SELECT CAST(_id AS VARCHAR) AS id, CAST(v AS VARCHAR) AS v FROM raw.orders ORDER BY 1").Select(r => $"{r["id"].Text}:{r["v"].Text}")];
        switch (onDrop)
        {
            case "ignore":
                outcome.ShouldExitWith(0);
                rows.ShouldBe(["1:5", "2:0", "3:0"]);
                break;
            case "delete":
                outcome.ShouldExitWith(0);
                rows.ShouldBe(["3:0"]);
                break;
            default:
                outcome.ShouldExitWith(1).All.ShouldContain("on_drop");
                rows.ShouldNotContain("3:0");
                project.OnDrop = "delete";
                project.Run().ShouldExitWith(0);
                warehouse.Query("SELECT CAST(_id AS VARCHAR) AS id FROM raw.orders").ShouldHaveSingleItem()["id"].Text.ShouldBe("3");
                break;
        }
    }

    private static string[] Lines(Warehouse warehouse) =>
        [.. warehouse.Read("raw", "orders__lines").Select(r => $"{r["_id"].Text}/{r["_index"].Text}={r["n"].Text}").Order(StringComparer.Ordinal)];

    private static string KeyOf(int id) => ModelCollection.KeyOf(new BsonDoc().Add("_id", BsonLeaf.Int32(id)));

    private static BsonDoc Document(int id, int value) => new BsonDoc().Add("_id", BsonLeaf.Int32(id)).Add("v", BsonLeaf.Int32(value));

    private static BsonDoc WithLines(int id, params int[] lines) => new BsonDoc().Add("_id", BsonLeaf.Int32(id))
        .Add("lines", BsonList.Of(lines.Select(n => new BsonDoc().Add("n", BsonLeaf.Int32(n)))));

    private void Insert(int id, int value) => _model.Run(ModelOperation.Insert(_model, Orders, Document(id, value)));

    private void InsertLines(int id, params int[] lines) => _model.Run(ModelOperation.Insert(_model, Orders, WithLines(id, lines)));

    private void Set(int id, int value) => _model.Run(ModelOperation.Delta(_model, Orders, KeyOf(id), Document(id, value)));

    private void WriteDump()
    {
        DumpWriter.WriteCollections(_folder["dump"], _model);
        _written = _model.Log.Count - 1;
        DumpWriter.WriteFile(Path.Combine(_folder["dump"], "oplog.bson"), _model.Log.Skip(_written).Select(e => e.Bytes));
        Directory.CreateDirectory(_folder["oplog"]);
    }

    private void WriteLog()
    {
        DumpWriter.WriteFile(Path.Combine(_folder["oplog"], $"{++_files}.bson"), _model.Log.Skip(_written).Select(e => e.Bytes));
        _written = _model.Log.Count - 1;
    }

    private sealed record Version(string Id, string Value, decimal From, decimal? To)
    {
        public static Version Of(Dictionary<string, Cell> row) => new(
            row["_id"].Text,
            row["v"].Text,
            decimal.Parse(row["_millrace_valid_from"].Text),
            row.TryGetValue("_millrace_valid_to", out Cell to) ? decimal.Parse(to.Text) : null);
    }
}
