using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Replication;

/// <summary>Dumps and oplogs of real servers, loaded by the program and compared with python3-bson's reading of them.</summary>
public sealed class RealDataTests
{
    public static TheoryData<string> Names => Warehouses.Names;

    public static TheoryData<string, string> Oplogs
    {
        get
        {
            var data = new TheoryData<string, string>();
            string[] files = Repository.SharedData is { } shared ? Directory.GetFiles(Path.Combine(shared, "oplog"), "*.bson") : [];
            foreach (string file in files.Order(StringComparer.Ordinal))
            {
                data.Add("duckdb", Path.GetFileName(file));
                data.Add("postgresql", Path.GetFileName(file));
            }

            if (data.Count == 0)
            {
                data.Add("duckdb", "absent");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_sample_dumps_are_loaded_whole(string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        string dump = Path.Combine(SharedData(), "mongodump");
        var project = new RealDataProject(folder, warehouse, dump, []);
        project.Run().ShouldExitWith(0);

        Dictionary<string, string[]> expected = IndependentReplay.Run(folder["replayed"], dump, []);
        ComparisonResult result = project.Compare(expected);
        result.Differences.ShouldBeEmpty();
        result.Rows.ShouldBe(1746 + 500 + 11095 + 1564 + 185 + 29470);
    }

    [Theory]
    [MemberData(nameof(Oplogs))]
    public void An_oplog_of_a_real_server_is_applied(string name, string file)
    {
        using var folder = new TemporaryFolder();
        string oplog = Path.Combine(SharedData(), "oplog", file);
        using Warehouse warehouse = Warehouses.Create(name, folder);
        Directory.CreateDirectory(folder["dump"]);
        var project = new RealDataProject(folder, warehouse, folder["dump"], [oplog]);
        project.Run().ShouldExitWith(0);
        project.Compare(IndependentReplay.Run(folder["replayed"], null, [oplog])).Differences.ShouldBeEmpty();
    }

    private static string SharedData()
    {
        Assert.SkipWhen(Repository.SharedData is null, "../shared/data is absent");
        return Repository.SharedData!;
    }
}
