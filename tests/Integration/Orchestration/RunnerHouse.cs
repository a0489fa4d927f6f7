using Millrace.Catalog;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.IntegrationTests.Catalog;
using Millrace.Orchestration.Runner;
using Millrace.Testing.Fakes;

namespace Millrace.IntegrationTests.Orchestration;

/// <summary>A project over a scripted source and a store in memory, with a catalog of its own.</summary>
internal sealed class RunnerHouse : IAsyncDisposable
{
    public const string Secret = "hunter2-Zq";
    private readonly CatalogFolder _folder;

    private RunnerHouse(CatalogFolder folder, ICatalog catalog, string tasks)
    {
        _folder = folder;
        Catalog = catalog;
        Project = Load(tasks);
        Settings = new(catalog, new([new("the environment", name => name == "PW" ? Secret : null)], _ => null), _folder.Folder);
    }

    public ICatalog Catalog { get; }

    public Project Project { get; }

    public MemoryStore Store { get; } = new();

    public RunnerSettings Settings { get; set; }

    /// <summary>The log of each dataset: 25 changes of as many keys.</summary>
    public Func<string, IReadOnlyList<ScriptedChange>> Script { get; set; } =
        dataset => [.. Enumerable.Range(0, 25).Select(i => new ScriptedChange(dataset, $"k{i}", $"v{i}"))];

    /// <summary>Called before each change with the task's key and the change's number.</summary>
    public Action<string, int> At { get; set; } = (_, _) => { };

    public static async Task<RunnerHouse> BuildAsync(string tasks)
    {
        var folder = new CatalogFolder();
        return new(folder, await folder.OpenAsync(), tasks);
    }

    public static string Task(string name, string more = "") =>
        $"{{ name: {name}, source: {{ connection: from, dataset: {name} }}, target: {{ connection: to, table: {name} }}{more} }}";

    public Task<RunReport> RunAsync(RunRequest? request = null) =>
        new JobRunner(Settings).RunAsync(Project, request ?? new("j"), TestContext.Current.CancellationToken);

    public Task<RunReport> RunUntilAsync(CancellationToken cancellationToken) => new JobRunner(Settings).RunAsync(Project, new("j"), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Catalog.DisposeAsync();
        _folder.Dispose();
    }

    private Project Load(string tasks)
    {
        var source = new FakeConnector
        {
            Info = new("script", "Script", "For tests.", typeof(Options)) { Methods = [ReplicationMethod.ChangeCapture], DefaultKey = ["id"] },
            Source = settings => new ScriptedSource(
                new Dictionary<string, IReadOnlyList<ScriptedChange>> { ["log"] = Script(settings.Datasets[0]) },
                batchRows: 10,
                staged: false)
            {
                At = (_, change) => At(settings.TaskKey, change),
            },
        };
        var destination = new FakeConnector
        {
            Info = new("memory", "Memory", "For tests.", typeof(object))
            {
                Dispositions = [WriteDisposition.Append, WriteDisposition.Replace, WriteDisposition.Merge],
                Strategies = [MergeStrategy.Upsert],
            },
            Destination = _ => new MemoryDestination(Store),
        };
        string yaml = $$"""
            connections:
              from: { type: script, password: "${PW}" }
              to: { type: memory }
            jobs: { j: { tasks: [ {{tasks}} ] } }
            """;
        return ProjectLoader.Load([new("millrace.yaml", yaml)], new(source, destination)).Required();
    }

    internal sealed class Options
    {
        [Option("password", "A secret.", Secret = true)]
        public string? Password { get; init; }
    }
}
