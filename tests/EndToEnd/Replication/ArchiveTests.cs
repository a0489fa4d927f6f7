using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Replication;

/// <summary>An archive of mongodump gives what the folder gives, its oplog and the files that follow it too.</summary>
public sealed class ArchiveTests
{
    [Theory]
    [InlineData("duckdb", false)]
    [InlineData("duckdb", true)]
    [InlineData("postgresql", false)]
    [InlineData("postgresql", true)]
    public void An_archive_gives_the_tables_of_the_folder(string name, bool gzip)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        var script = new ChangeScript(77, ScriptFeatures.Transactions, "other.misc", "shop.fs.files", "shop.keys", "shop.mixed", "shop.orders");
        var chain = new OplogChain(folder.Path, script, 77);
        script.Fill(40);
        chain.WriteDump(25);
        DumpArchiveWriter.FromFolder(chain.Dump, folder["dump.archive"], gzip);
        var project = new ReplicationProject(folder, warehouse) { Dump = "dump.archive", RunMaxRows = 60 };

        for (int runs = 0; RunEnd.Read(project.Run().ShouldExitWith(0)).LimitReached is not null; runs++)
        {
            runs.ShouldBeLessThan(60);
        }

        ShouldMatch(project, chain, folder["replayed0"]);
        project.RunMaxRows = null;
        script.Features = ScriptFeatures.All;
        chain.WriteNext(200);
        project.Run().ShouldExitWith(0);
        ShouldMatch(project, chain, folder["replayed1"]);
    }

    private static void ShouldMatch(ReplicationProject project, OplogChain chain, string output)
    {
        ComparisonResult result = project.Compare(IndependentReplay.Run(output, chain.Dump, chain.Files));
        project.Quarantined().ShouldBeEmpty();
        result.Differences.ShouldBeEmpty();
        result.Rows.ShouldBeGreaterThan(80);
    }
}
