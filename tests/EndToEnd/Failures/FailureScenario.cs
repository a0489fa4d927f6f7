using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Failures;

/// <summary>A small replication that something goes wrong with, and the check that it comes right afterwards.</summary>
internal sealed class FailureScenario : IDisposable
{
    private readonly ChangeScript _script;
    private int _checks;

    public FailureScenario(string warehouse, int documents = 400)
        : this(documents, folder => Warehouses.Create(warehouse, folder))
    {
    }

    public FailureScenario(int documents, Func<TemporaryFolder, Warehouse> create)
    {
        Warehouse = create(Files);
        Project = new ReplicationProject(Files, Warehouse) { CommitEveryRows = 100 };
        _script = new ChangeScript(7, ScriptFeatures.Transactions, "shop.orders", "shop.people");
        Chain = new OplogChain(Files.Path, _script, 7);
        _script.Fill(documents);
        Chain.WriteDump(0);
        Chain.WriteNext(600);
    }

    public TemporaryFolder Files { get; } = new();

    public Warehouse Warehouse { get; }

    public ReplicationProject Project { get; }

    public OplogChain Chain { get; }

    /// <summary>The dump's file of orders.</summary>
    public string OrdersFile => new[] { ".bson", ".bson.gz" }.Select(e => Path.Combine(Chain.Dump, "shop", "orders" + e)).First(File.Exists);

    /// <summary>Runs to the end and compares everything.</summary>
    public void RunsToTheRightEnd()
    {
        Project.Run().ShouldExitWith(0);
        IsRight();
    }

    /// <summary>Compares everything.</summary>
    public void IsRight() =>
        Project.Compare(IndependentReplay.Run(Files["replayed" + _checks++], Chain.Dump, Chain.Files)).Differences.ShouldBeEmpty();

    /// <summary>What the destination holds and is meant to: its checkpoints and the number of rows of each table.</summary>
    public string State()
    {
        IReadOnlyList<string> system = Warehouse.Tables(Warehouse.DefaultSchema);
        if (!system.Contains("_millrace_checkpoints"))
        {
            return "nothing";
        }

        IEnumerable<string> checkpoints = Warehouse
            .Query($"SELECT \"partition\", \"position\", CAST(\"rows\" AS text) AS n FROM {Warehouse.DefaultSchema}._millrace_checkpoints ORDER BY 1")
            .Select(r => $"{r["partition"].Text} {r["position"].Text} {r["n"].Text}");
        IEnumerable<string> tables = Warehouse.Tables(ReplicationProject.Schema)
            .Select(t => $"{t} {Warehouse.Count($"SELECT CAST(count(*) AS text) AS n FROM {ReplicationProject.Schema}.\"{t}\"")}");
        return string.Join('\n', checkpoints.Concat(tables));
    }

    public void Dispose()
    {
        Warehouse.Dispose();
        Files.Dispose();
    }
}
