using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Replication;

/// <summary>The same changes in one run or in many, in any split, give the same tables.</summary>
public sealed class SplitTests
{
    private static readonly HashSet<string> OfTheRun = ["_millrace_run_id", "_millrace_loaded_at"];

    public static TheoryData<string, int> Cases
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (int seed in Enumerable.Range(40, Repository.IsLong ? 10 : 1))
            {
                data.Add("duckdb", seed);
                data.Add("postgresql", seed);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Budgets_and_commits_do_not_change_what_the_tables_hold(string name, int seed)
    {
        using var folder = new TemporaryFolder();
        using var otherFolder = new TemporaryFolder();
        var script = new ChangeScript(seed, ScriptFeatures.All, "shop.orders", "shop.people", "shop.keys", "shop.mixed", "shop.later");
        var chain = new OplogChain(folder.Path, script, seed);
        script.Fill(40);
        chain.WriteDump(20);
        chain.WriteNext(300);
        chain.WriteNext(300);
        CopyFolder(folder.Path, otherFolder.Path);

        using Warehouse whole = Warehouses.Create(name, folder);
        using Warehouse split = Warehouses.Create(name, otherFolder);
        new ReplicationProject(folder, whole).Run().ShouldExitWith(0);
        int runs = RunInPieces(new ReplicationProject(otherFolder, split), seed);

        runs.ShouldBeGreaterThan(4);
        IReadOnlyList<string> tables = whole.Tables(ReplicationProject.Schema);
        split.Tables(ReplicationProject.Schema).ShouldBe(tables);
        foreach (string table in tables)
        {
            Differences(Rows(whole, table), Rows(split, table)).ShouldBeEmpty($"seed {seed}, table {table}");
        }
    }

    [Theory]
    [InlineData("duckdb")]
    [InlineData("postgresql")]
    public void A_budget_of_bytes_is_kept_by_every_run(string name)
    {
        const int budget = 20_000;
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        var script = new ChangeScript(3, ScriptFeatures.None, "shop.orders");
        var chain = new OplogChain(folder.Path, script, 3);
        script.Fill(300);
        chain.WriteDump(0);
        chain.WriteNext(200);
        var project = new ReplicationProject(folder, warehouse) { RunMaxBytes = "20KB" };

        bool isDone = false;
        for (int run = 0; run < 60 && !isDone; run++)
        {
            RunEnd end = RunEnd.Read(project.Run().ShouldExitWith(0));
            end.Bytes.ShouldBeLessThanOrEqualTo(budget);
            isDone = end.LimitReached is null;
            (isDone || end.LimitReached == "run_max_bytes").ShouldBeTrue();
        }

        isDone.ShouldBeTrue();
        project.Compare(IndependentReplay.Run(folder["replayed"], chain.Dump, chain.Files)).Differences.ShouldBeEmpty();
    }

    private static int RunInPieces(ReplicationProject project, int seed)
    {
        var random = new Random(seed);
        for (int runs = 1; runs <= 100; runs++)
        {
            project.RunMaxRows = random.Next(30, 250);
            project.CommitEveryRows = random.Next(10, 200);
            if (RunEnd.Read(project.Run().ShouldExitWith(0)).LimitReached is null)
            {
                return runs;
            }
        }

        throw new InvalidOperationException("A hundred runs did not reach the end of the log.");
    }

    private static Dictionary<string, Dictionary<string, string>> Rows(Warehouse warehouse, string table) =>
        warehouse.Read(ReplicationProject.Schema, table).Select(Texts).ToDictionary(KeyOf, StringComparer.Ordinal);

    private static Dictionary<string, string> Texts(Dictionary<string, Cell> row) => row.Where(c => !OfTheRun.Contains(c.Key)).ToDictionary(
        c => c.Key,
        c => c.Key == "_millrace_deleted_at" ? "set" : c.Value.Kind == CellKind.Number ? ExactNumber.Normalize(c.Value.Text)! : c.Value.Text);

    private static string KeyOf(Dictionary<string, string> row) => row.GetValueOrDefault("_millrace_key") ?? row["_id"];

    private static string[] Differences(Dictionary<string, Dictionary<string, string>> whole, Dictionary<string, Dictionary<string, string>> split) =>
    [
        .. whole.Keys.Union(split.Keys).SelectMany(key =>
        {
            Dictionary<string, string> one = whole.GetValueOrDefault(key, []), many = split.GetValueOrDefault(key, []);
            return one.Keys.Union(many.Keys).Where(c => one.GetValueOrDefault(c) != many.GetValueOrDefault(c))
                .Select(c => $"{key}, column {c}: {one.GetValueOrDefault(c)} in one run, {many.GetValueOrDefault(c)} in many");
        }).Take(12),
    ];

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
