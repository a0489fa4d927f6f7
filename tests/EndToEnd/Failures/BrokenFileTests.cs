using System.Buffers.Binary;
using System.IO.Compression;
using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Failures;

/// <summary>Files that end too soon or hold what is no document: what is printed, what is left behind, and that the next run comes right.</summary>
public sealed class BrokenFileTests
{
    public static TheoryData<string> Names => Warehouses.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_truncated_collection_file_fails_with_its_place_and_is_read_anew_once_it_is_whole(string name)
    {
        using var scenario = new FailureScenario(name);
        byte[] whole = Unpacked(scenario.OrdersFile);
        Replace(scenario.OrdersFile, whole[..^17]);
        ProcessOutcome outcome = scenario.Project.Run().ShouldExitWith(1);
        outcome.All.ShouldContain("MR1110");
        outcome.All.ShouldContain("orders");
        outcome.All.ShouldContain("millrace run JOB --full-refresh");

        Replace(scenario.OrdersFile, whole);
        IsReadAnewOnRequest(scenario);
    }

    [Fact]
    public void That_a_dump_without_an_oplog_of_its_own_is_taken_to_be_followed_by_the_first_file_is_said_once()
    {
        using var scenario = new FailureScenario("duckdb");
        foreach (string file in Directory.GetFiles(scenario.Chain.Dump, "oplog.bson*"))
        {
            File.Delete(file);
        }

        scenario.Project.Run().ShouldExitWith(0).All.ShouldContain("is taken to begin before the dump was made");
        scenario.Project.Run().ShouldExitWith(0).All.ShouldNotContain("is taken to begin before");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_newest_oplog_file_that_is_still_being_written_is_read_as_far_as_it_goes(string name)
    {
        using var scenario = new FailureScenario(name);
        string file = scenario.Chain.Files[^1];
        byte[] whole = Unpacked(file);
        Replace(file, whole[..^9]);
        scenario.Project.Run().ShouldExitWith(0);

        Replace(file, whole);
        scenario.RunsToTheRightEnd();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_truncated_oplog_file_with_others_after_it_fails_and_is_read_once_it_is_whole(string name)
    {
        using var scenario = new FailureScenario(name);
        string file = scenario.Chain.Files[0];
        scenario.Chain.WriteNext(100);
        byte[] whole = Unpacked(file);
        Replace(file, whole[..^9]);
        scenario.Project.Run().ShouldExitWith(1).All.ShouldContain("MR1110");

        Replace(file, whole);
        scenario.RunsToTheRightEnd();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_corrupt_document_in_the_middle_goes_to_quarantine_and_the_rest_is_loaded(string name)
    {
        using var scenario = new FailureScenario(name);
        byte[] whole = Unpacked(scenario.OrdersFile);
        int at = OffsetOfDocument(whole, 100);
        byte[] corrupt = [.. whole];
        corrupt[at + 4] = 0x66; // no such type: the document's length is right, what is in it is not
        Replace(scenario.OrdersFile, corrupt);
        scenario.Project.Run().ShouldExitWith(0);

        Dictionary<string, Cell> rejected = scenario.Warehouse
            .Query($"SELECT code, reason, raw, \"position\" FROM {scenario.Warehouse.DefaultSchema}._millrace_quarantine").ShouldHaveSingleItem();
        rejected["code"].Text.ShouldStartWith("MR11");
        rejected["raw"].Text.ShouldContain("$hex");
        rejected["position"].Text.ShouldEndWith(at.ToString("D16"));

        // The independent replay sees the file without that document; what the log says of it later is the only trace of it there.
        int length = BinaryPrimitives.ReadInt32LittleEndian(whole.AsSpan(at));
        Replace(scenario.OrdersFile, [.. whole[..at], .. whole[(at + length)..]]);
        scenario.IsRight();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_length_that_loses_the_place_of_the_next_document_fails(string name)
    {
        using var scenario = new FailureScenario(name);
        byte[] whole = Unpacked(scenario.OrdersFile);
        byte[] corrupt = [.. whole];
        BinaryPrimitives.WriteInt32LittleEndian(corrupt.AsSpan(OffsetOfDocument(whole, 100)), -5);
        Replace(scenario.OrdersFile, corrupt);

        scenario.Project.Run().ShouldExitWith(1).All.ShouldContain("MR1111");

        Replace(scenario.OrdersFile, whole);
        IsReadAnewOnRequest(scenario);
    }

    // A repaired dump is another file than the one of which a part is committed: that is said, never guessed.
    private static void IsReadAnewOnRequest(FailureScenario scenario)
    {
        scenario.Project.Run().ShouldExitWith(1).All.ShouldContain("MR1303");
        MillraceProcess.Run(scenario.Project.Folder, scenario.Project.Environment, "run", "load", "--full-refresh", "--json").ShouldExitWith(0);
        scenario.IsRight();
    }

    private static byte[] Unpacked(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream content = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var bytes = new MemoryStream();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static void Replace(string path, byte[] content)
    {
        bool gzip = path.EndsWith(".gz", StringComparison.Ordinal);
        DumpWriter.WriteFile(gzip ? path[..^3] : path, [content], gzip);
    }

    private static int OffsetOfDocument(byte[] file, int index)
    {
        int at = 0;
        for (int i = 0; i < index; i++)
        {
            at += BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at));
        }

        return at;
    }
}
