using System.Security.Cryptography;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Verbs;

/// <summary>Verbs that only look make no file and change none, before the first run and after it.</summary>
public sealed class LookingVerbTests : IDisposable
{
    private const string Verbs =
        "check|discover backup|discover backup --fields|plan load|plan load --full-refresh|plan load --from 2026-01-01|diff|export|preview load|status|runs|runs 1|logs|"
        + "catalog status|catalog migrate --dry-run|logs 1|tables load|checkpoints list load|checkpoints list load --live|quarantine list load|connectors|connectors duckdb|schema|completion bash";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Lines => [.. Verbs.Split('|')];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task Nothing_is_made_and_nothing_is_changed(string line)
    {
        var shell = new CommandLineShell(_folder);
        (await shell.RunAsync("sample shop --out " + _folder["dump"] + " --orders 30")).ShouldExitWith(0);
        await File.WriteAllTextAsync(_folder["millrace.yaml"], """
            connections:
              backup: { type: mongodb, dump: dump, oplog: "dump/changes/oplog/*.bson", database: shop }
              warehouse: { type: duckdb, path: warehouse.duckdb }
            jobs:
              load:
                tasks:
                  - name: everything
                    source: { connection: backup, dataset: "*" }
                    target: { connection: warehouse, table: "raw.{dataset}" }
            """, TestContext.Current.CancellationToken);

        Dictionary<string, string> fresh = Files();
        (await shell.RunAsync(line)).ShouldExitWith(line is "runs 1" or "logs 1" ? 2 : 0);
        ShouldBeAsBefore(fresh);

        (await shell.RunAsync("run load")).ShouldExitWith(0);
        (await shell.RunAsync("sample shop --out " + _folder["dump"] + " --orders 30 --changes 20")).ShouldExitWith(0);
        Dictionary<string, string> loaded = Files();
        (await shell.RunAsync(line)).ShouldExitWith(0);
        ShouldBeAsBefore(loaded);
    }

    private void ShouldBeAsBefore(Dictionary<string, string> before)
    {
        Dictionary<string, string> now = Files();
        now.Keys.Except(before.Keys).ShouldBeEmpty("files were made");
        before.Keys.Except(now.Keys).ShouldBeEmpty("files are gone");
        now.Where(f => before[f.Key] != f.Value).Select(f => f.Key).ShouldBeEmpty("files were changed");
    }

    private Dictionary<string, string> Files() => Directory.EnumerateFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal)
        .ToDictionary(f => Path.GetRelativePath(_folder.Path, f), f => Directory.Exists(f) ? "" : Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f))));
}
