using System.Collections.Immutable;
using Millrace.Catalog;
using Millrace.Catalog.Jobs;
using Millrace.Catalog.Stores;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Core.Config;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Config.Settings;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Orchestration.Runner;

namespace Millrace.Cli.Projects;

/// <summary>A project's folder: its files read and validated, its secrets findable.</summary>
internal sealed class Workspace
{
    private Workspace(string folder, Project project, ProjectLoadResult result, SecretScrubber secrets)
    {
        Folder = folder;
        Project = project;
        Warnings = result.Problems;
        Unset = result.Unset;
        Secrets = new SecretResolver(SecretPlaces(folder), path => ReadOrNull(folder, path), secrets);
    }

    /// <summary>The folder, absolute.</summary>
    public string Folder { get; }

    /// <summary>The project.</summary>
    public Project Project { get; }

    /// <summary>What is doubtful and works nevertheless.</summary>
    public ImmutableArray<ConfigProblem> Warnings { get; }

    /// <summary>Variables that connections and masks refer to and that are not set.</summary>
    public ImmutableArray<ConfigProblem> Unset { get; }

    /// <summary>Finds secrets in the environment, then in <c>.env</c> in the folder; <c>file:</c> paths start in the folder.</summary>
    public SecretResolver Secrets { get; }

    /// <summary>Reads the project that the verb is about, from its files or its catalog as it says; warnings go to standard error.</summary>
    /// <param name="context">What the verb is called with.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="tellsUnset">True to have variables that connections and masks lack among the problems of an invalid project.</param>
    /// <exception cref="InvalidProjectException">With every problem at once.</exception>
    public static async Task<Workspace> OpenAsync(VerbContext context, CancellationToken cancellationToken, bool tellsUnset = false) =>
        Warned(context, await OpenAsync(context.ProjectDirectory, context.Secrets, cancellationToken, tellsUnset).ConfigureAwait(false));

    /// <summary>Reads the project that the verb is about as its files say it, wherever it takes its definitions from.</summary>
    /// <param name="context">What the verb is called with.</param>
    /// <exception cref="InvalidProjectException">With every problem at once.</exception>
    public static Workspace OpenFiles(VerbContext context) => Warned(context, OfFiles(context.ProjectDirectory, context.Secrets, false));

    /// <summary>Reads what the files say of the project itself: no connection and no job.</summary>
    /// <param name="context">What the verb is called with.</param>
    /// <exception cref="InvalidProjectException">With every problem at once.</exception>
    public static Workspace OpenHead(VerbContext context) => Of(context.ProjectDirectory, context.Secrets, LoadHead(context.ProjectDirectory), tellsUnset: false);

    /// <summary>Reads the project in a folder, from its files or its catalog as it says.</summary>
    /// <param name="folder">The folder, absolute.</param>
    /// <param name="secrets">Told of every secret that is resolved.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="tellsUnset">True to have variables that connections and masks lack among the problems of an invalid project.</param>
    /// <exception cref="MillraceException">MR1002: its definitions are in the catalog, and none are there.</exception>
    public static async Task<Workspace> OpenAsync(
        string folder, SecretScrubber secrets, CancellationToken cancellationToken, bool tellsUnset = false)
    {
        // Where the head itself is wrong, that is told with all that is wrong.
        ProjectLoadResult found = LoadHead(folder);
        if (found.Project is null or { DefinitionsFrom: DefinitionsFrom.File })
        {
            return OfFiles(folder, secrets, tellsUnset);
        }

        Workspace head = Of(folder, secrets, found, tellsUnset: false);
        ICatalog catalog = await head.OpenCatalogToReadAsync(cancellationToken).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            Definitions definitions = await catalog.Definitions.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (definitions is { Version: 0, Connections.IsEmpty: true, Jobs.IsEmpty: true })
            {
                throw new MillraceException(
                    ErrorCodes.InvalidConfiguration, $"{folder} takes its definitions from the catalog (definitions: catalog), which has none yet.",
                    "Write there what the files say with 'millrace apply'.", "definitions");
            }

            return Of(folder, secrets, ProjectLoader.Load(ReadFiles(folder), ConnectorList.Registry, definitions.ToProject(), SecretPlaces(folder)), tellsUnset);
        }
    }

    private static ProjectLoadResult LoadHead(string folder) => ProjectLoader.LoadHead(ReadFiles(folder), ConnectorList.Registry, SecretPlaces(folder));

    private static Workspace OfFiles(string folder, SecretScrubber secrets, bool tellsUnset) => Of(
        folder,
        secrets,
        ProjectLoader.Load(ReadFiles(folder), ConnectorList.Registry, SecretPlaces(folder), path => ReadOrNull(folder, path)),
        tellsUnset);

    private static Workspace Of(string folder, SecretScrubber secrets, ProjectLoadResult result, bool tellsUnset) => result.Project is { } project
        ? new Workspace(folder, project, result, secrets)
        : throw new InvalidProjectException(tellsUnset ? Sorted([.. result.Problems, .. result.Unset]) : result.Problems);

    private static Workspace Warned(VerbContext context, Workspace workspace)
    {
        foreach (ConfigProblem warning in context.Json ? [] : workspace.Warnings)
        {
            ErrorPrinter.PrintWarning(context.Error, ReportedError.Of(warning));
        }

        return workspace;
    }

    /// <summary>Every problem of the project, as one error, where a mask lacks its key.</summary>
    /// <exception cref="InvalidProjectException">With all that is not set.</exception>
    public void ThrowIfMasksLackKeys()
    {
        if (Unset.Any(p => !p.Path.StartsWith("connections.", StringComparison.Ordinal)))
        {
            throw new InvalidProjectException(Sorted([.. Warnings, .. Unset]));
        }
    }

    /// <summary>A job by its name.</summary>
    /// <exception cref="MillraceException">MR1014: there is none; the fix lists those that there are.</exception>
    public JobDefinition Job(string name) => Project.FindJob(name) ?? throw new MillraceException(
        ErrorCodes.UnknownName,
        $"There is no job '{name}' in {Folder}.",
        Project.Jobs.IsEmpty ? "Add one under jobs: in millrace.yaml." : $"Jobs: {string.Join(", ", Project.Jobs.Select(j => j.Name))}.");

    /// <summary>A job's tasks, or the one that is named.</summary>
    /// <exception cref="MillraceException">MR1014: no such task.</exception>
    public static ImmutableArray<ProjectTask> TasksOf(JobDefinition job, string? task)
    {
        ImmutableArray<ProjectTask> found = task is null ? job.Tasks : [.. job.Tasks.Where(t => t.Name == task)];
        return task is not null && found.IsEmpty
            ? throw new MillraceException(
                ErrorCodes.UnknownName, $"Job {job.Name} has no task '{task}'.", $"Tasks: {string.Join(", ", job.Tasks.Select(t => t.Name))}.")
            : found;
    }

    /// <summary>A connection by its name, as the project has it.</summary>
    /// <exception cref="MillraceException">MR1014: there is none.</exception>
    public ConnectionDefinition Connection(string name) => Project.Connections.TryGetValue(name, out ConnectionDefinition? connection)
        ? connection
        : throw new MillraceException(
            ErrorCodes.UnknownName,
            $"There is no connection '{name}' in {Folder}.",
            Project.Connections.IsEmpty ? "Add one under connections: in millrace.yaml." : $"Connections: {string.Join(", ", Project.Connections.Keys)}.");

    /// <summary>A connection with its secrets in place.</summary>
    public ConnectionSettings Resolve(ConnectionDefinition connection) => connection.Resolve(Secrets, Folder);

    /// <summary>Opens the catalog; makes it where it is missing.</summary>
    public Task<ICatalog> OpenCatalogAsync(CancellationToken cancellationToken) => CatalogStore.OpenAsync(cancellationToken);

    /// <summary>Opens the catalog for a verb that only looks: where it is missing, an empty one that leaves nothing behind.</summary>
    public Task<ICatalog> OpenCatalogToReadAsync(CancellationToken cancellationToken) => CatalogStore.OpenToReadAsync(cancellationToken);

    /// <summary>Where the catalog is, or will be.</summary>
    /// <exception cref="MillraceException">MR1003: a secret that it needs is missing. MR1002: its connection string cannot be read.</exception>
    public CatalogStore CatalogStore => Project.Catalog.Type switch
    {
        CatalogType.Postgresql => CatalogStore.PostgreSql(Project.Catalog.ResolveConnectionString(Secrets), Project.Catalog.Schema),
        CatalogType.Sqlserver => CatalogStore.SqlServer(Project.Catalog.ResolveConnectionString(Secrets), Project.Catalog.Schema),
        _ => CatalogStore.Sqlite(CatalogPath, TimeProvider.System),
    };

    /// <summary>What runs of this project are made with.</summary>
    public RunnerSettings RunnerSettings(ICatalog catalog) => new(catalog, Secrets, Folder);

    /// <summary>The folders that runs write to beside their destinations: the catalog's, where it is a file, and that of the tasks' states.</summary>
    public IEnumerable<string> OwnFolders =>
        (Project.Catalog.Type == CatalogType.Sqlite ? [Path.GetDirectoryName(Path.GetFullPath(CatalogPath))!] : Array.Empty<string>())
        .Append(Path.Combine(Folder, ".millrace")).Distinct(StringComparer.Ordinal);

    private string CatalogPath => Path.Combine(Folder, Project.Catalog.Path);

    private static ImmutableArray<ConfigProblem> Sorted(IEnumerable<ConfigProblem> problems) =>
        [.. problems.OrderBy(p => p.File, StringComparer.Ordinal).ThenBy(p => p.Line)];

    private static IEnumerable<ProjectFile> ReadFiles(string folder)
    {
        string main = Path.Combine(folder, ProjectLoader.MainFile);
        bool hasMain = File.Exists(main);
        string[] others =
        [
            .. YamlFiles(Path.Combine(folder, "connections")),
            .. YamlFiles(Path.Combine(folder, "jobs")),
        ];
        if (!hasMain && others.Length == 0)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                $"{folder} is no project: there is no {ProjectLoader.MainFile} in it.",
                "Make one with 'millrace init', or name the project's folder with --project DIR.");
        }

        foreach (string file in hasMain ? others.Prepend(main) : others)
        {
            yield return new ProjectFile(Path.GetRelativePath(folder, file).Replace('\\', '/'), File.ReadAllText(file));
        }
    }

    private static IEnumerable<string> YamlFiles(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is ".yaml" or ".yml").Order(StringComparer.Ordinal)
        : [];

    private static IEnumerable<SecretPlace> SecretPlaces(string folder)
    {
        yield return new SecretPlace("the environment", Environment.GetEnvironmentVariable);
        string path = Path.Combine(folder, ".env");
        ImmutableDictionary<string, string> variables = File.Exists(path) ? DotEnv.Parse(File.ReadAllText(path)) : [];
        yield return new SecretPlace(path, variables.GetValueOrDefault) { IsFile = true };
    }

    private static string? ReadOrNull(string folder, string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
