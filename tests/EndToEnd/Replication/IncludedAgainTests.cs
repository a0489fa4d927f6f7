using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Replication;

/// <summary>
/// A collection that only the log told of is left out for a while and dropped meanwhile: by the time that it is taken again no dump, no dataset and
/// no checkpoint names it, and yet its rows are in the destination.
/// </summary>
public sealed class IncludedAgainTests : IDisposable
{
    private const string Orders = "shop.orders";
    private const string Late = "shop.late";

    private readonly TemporaryFolder _folder = new();
    private readonly MongoModel _model = new(new Random(11));
    private int _written;
    private int _files;
    private int _next;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("duckdb", "delete", false)]
    [InlineData("duckdb", "ignore", false)]
    [InlineData("duckdb", "fail", false)]
    [InlineData("duckdb", "delete", true)]
    [InlineData("postgresql", "delete", false)]
    public void Its_drop_before_a_newer_dump_does_what_on_drop_says(string name, string onDrop, bool isRenamed)
    {
        using Warehouse warehouse = Warehouses.Create(name, _folder);
        ReplicationProject project = RunUntilBroughtBack(warehouse, onDrop, isRenamed);

        ProcessOutcome outcome = project.Run();

        string[] rows = [.. warehouse.Query("SELECT CAST(_id AS VARCHAR) AS id FROM raw.late").Select(r => r["id"].Text)];
        if (onDrop == "fail")
        {
            outcome.ShouldExitWith(1).All.ShouldContain("MR1308");
            rows.Length.ShouldBe(2);
            project.OnDrop = "delete";
            project.Run().ShouldExitWith(0);
            warehouse.Query("SELECT * FROM raw.late").ShouldBeEmpty();
            return;
        }

        outcome.ShouldExitWith(0);
        rows.Length.ShouldBe(onDrop == "delete" ? 0 : 2);
        project.Run().ShouldExitWith(0);

        _model.Create(Late);
        Insert(Late);
        WriteLog();
        project.Run().ShouldExitWith(0);
        warehouse.Query("SELECT * FROM raw.late").Count.ShouldBe(onDrop == "delete" ? 1 : 3);
    }

    [Fact]
    public void Where_the_files_that_would_tell_of_its_drop_are_gone_the_run_says_so()
    {
        using Warehouse warehouse = Warehouses.Create("duckdb", _folder);
        ReplicationProject project = RunUntilBroughtBack(warehouse, "delete", isRenamed: false);
        for (int file = 1; file < _files; file++)
        {
            File.Delete(Path.Combine(_folder["oplog"], $"{file}.bson"));
        }

        project.Run().ShouldExitWith(1).All.ShouldContain("MR1303");
    }

    private ReplicationProject RunUntilBroughtBack(Warehouse warehouse, string onDrop, bool isRenamed)
    {
        var project = new ReplicationProject(_folder, warehouse) { OnDrop = onDrop, DeleteMode = "hard" };
        _model.Create(Orders);
        Insert(Orders);
        WriteDump("dump");
        project.Run().ShouldExitWith(0);
        _model.Create(Late);
        Insert(Late);
        Insert(Late);
        WriteLog();
        project.Run().ShouldExitWith(0);
        warehouse.Query("SELECT * FROM raw.late").Count.ShouldBe(2);

        project.Dataset = "\"*\", exclude: [late, aside]";
        Insert(Orders);
        WriteLog();
        project.Run().ShouldExitWith(0);
        if (isRenamed)
        {
            _model.Rename(Late, "shop.aside");
            _model.Drop("shop.aside");
        }
        else
        {
            _model.Drop(Late);
        }

        Insert(Orders);
        WriteLog();
        project.Run().ShouldExitWith(0);
        WriteDump("dump2");
        project.Dump = "dump2";
        Insert(Orders);
        WriteLog();
        project.Run().ShouldExitWith(0);
        project.Dataset = "\"*\"";
        return project;
    }

    private void Insert(string collection) => _model.Run(
        ModelOperation.Insert(_model, collection, new BsonDoc().Add("_id", BsonLeaf.Int32(++_next)).Add("v", BsonLeaf.Int32(0))));

    private void WriteDump(string folder)
    {
        DumpWriter.WriteCollections(_folder[folder], _model);
        DumpWriter.WriteFile(Path.Combine(_folder[folder], "oplog.bson"), _model.Log.Skip(_model.Log.Count - 1).Select(e => e.Bytes));
        _written = _model.Log.Count - 1;
        Directory.CreateDirectory(_folder["oplog"]);
    }

    private void WriteLog()
    {
        DumpWriter.WriteFile(Path.Combine(_folder["oplog"], $"{++_files}.bson"), _model.Log.Skip(_written).Select(e => e.Bytes));
        _written = _model.Log.Count - 1;
    }
}
