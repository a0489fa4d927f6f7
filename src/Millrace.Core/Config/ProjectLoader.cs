using System.Collections.Immutable;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Config.Settings;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>
/// Makes a project of its files: <c>millrace.yaml</c>, and beside it <c>jobs/*.yaml</c> and <c>connections/*.yaml</c>. Each file is a part of the
/// whole; a file under jobs/ with <c>tasks:</c> at its top, or one under connections/ with <c>type:</c>, is the one job or connection that it is
/// named after. Reads nothing itself; no secret is resolved. Variables in the settings of jobs, defaults and the catalog are (<c>${NAME}</c>).
/// </summary>
public sealed class ProjectLoader
{
    /// <summary>The main file's name.</summary>
    public const string MainFile = "millrace.yaml";

    private static readonly string[] Sections = ["project", "definitions", "catalog", "connections", "defaults", "jobs"];

    private readonly ConnectorRegistry _connectors;
    private readonly ProblemList _problems;
    private readonly Dictionary<string, MapEntry> _jobs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MapEntry> _connections = new(StringComparer.Ordinal);
    private MapEntry? _project;
    private MapEntry? _definitions;
    private MapEntry? _catalog;
    private MapEntry? _defaults;

    private readonly VariableExpander _variables;
    private readonly SecretPlace[]? _places;

    private readonly Func<string, string?>? _scripts;

    // Settings of a catalog have their variables expanded already, by the apply that wrote them.
    private bool _isOfCatalog;

    private ProjectLoader(ConnectorRegistry connectors, IEnumerable<SecretPlace>? variables, Func<string, string?>? scripts, ProblemList? problems = null)
    {
        _problems = problems ?? new();
        _scripts = scripts;
        _connectors = connectors;
        _places = variables?.ToArray();
        _variables = new(_places is null ? null : [.. _places], _problems);
    }

    /// <summary>Loads a project and reports every problem at once.</summary>
    /// <param name="files">The files, in the order in which jobs are listed.</param>
    /// <param name="connectors">The connectors that there are.</param>
    /// <param name="variables">Where variables of settings are looked up; null to leave references to them as they are.</param>
    /// <param name="scripts">Gives a SQL script's text by its path, null where there is none; null to load the project without its scripts.</param>
    public static ProjectLoadResult Load(
        IEnumerable<ProjectFile> files, ConnectorRegistry connectors, IEnumerable<SecretPlace>? variables = null, Func<string, string?>? scripts = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(connectors);
        var loader = new ProjectLoader(connectors, variables, scripts);
        foreach (ProjectFile file in files)
        {
            loader.Collect(file);
        }

        return loader.Result();
    }

    /// <summary>Loads what the files say of the project itself: its name, its catalog, and where its definitions are. No connection and no job.</summary>
    /// <param name="files">The files.</param>
    /// <param name="connectors">The connectors that there are.</param>
    /// <param name="variables">Where variables of settings are looked up; null to leave references to them as they are.</param>
    public static ProjectLoadResult LoadHead(IEnumerable<ProjectFile> files, ConnectorRegistry connectors, IEnumerable<SecretPlace>? variables = null) =>
        Load(files, connectors, new([], [], []), variables);

    /// <summary>Loads a project whose connections, jobs and tasks are a catalog's; the files say the rest. Reports every problem at once.</summary>
    /// <param name="files">The files; what they say of connections, defaults and jobs is not looked at.</param>
    /// <param name="connectors">The connectors that there are.</param>
    /// <param name="definitions">The catalog's definitions.</param>
    /// <param name="variables">Where variables of settings are looked up; null to leave references to them as they are.</param>
    public static ProjectLoadResult Load(
        IEnumerable<ProjectFile> files, ConnectorRegistry connectors, CatalogDefinitions definitions, IEnumerable<SecretPlace>? variables = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(connectors);
        ArgumentNullException.ThrowIfNull(definitions);
        var problems = new ProblemList();
        var nodes = new CatalogNodes(problems);
        var loader = new ProjectLoader(connectors, variables, nodes.ScriptOf, problems) { _isOfCatalog = true };
        foreach (ProjectFile file in files)
        {
            loader.Collect(file);
        }

        foreach (MapEntry connection in nodes.Connections(definitions))
        {
            loader.Add(loader._connections, connection, "connections");
        }

        foreach (MapEntry job in nodes.Jobs(definitions))
        {
            loader.Add(loader._jobs, job, "jobs");
        }

        return loader.Result();
    }

    private ProjectLoadResult Result()
    {
        Project project = Build();
        return new(_problems.IsValid ? project : null, _problems.ToImmutable()) { Unset = FindUnset(project) };
    }

    private ImmutableArray<ConfigProblem> FindUnset(Project project)
    {
        var unset = new ProblemList();
        foreach ((string name, MapEntry entry) in _places is null ? [] : _connections)
        {
            MissingVariable.Report(entry.Value, $"connections.{name}", _places!, unset);
        }

        if (_catalog is not null && _places is not null && project.Catalog.Type != CatalogType.Sqlite)
        {
            MissingVariable.Report(_catalog.Value, "catalog", _places, unset);
        }

        ILookup<string?, ProjectTask> masks = project.Jobs.SelectMany(j => j.Tasks)
            .SelectMany(t => (t.Move?.Columns ?? []).Select(c => (Task: t, c.MaskKey))).ToLookup(m => m.MaskKey, m => m.Task);
        foreach ((ScalarNode value, string path) in _variables.Kept.Where(k => masks.Contains(k.Value.Text) || VariableExpander.IsOfStep(k.Path)))
        {
            MissingVariable.Report(value, path, _places!, unset);
        }

        // The key that masks have where the project names none.
        foreach (ProjectTask task in _places is null || _variables.Kept.Any(k => k.Value.Text == RunOptions.DefaultMaskKey) ? [] : masks[RunOptions.DefaultMaskKey])
        {
            var value = new ScalarNode(task.Location.File, task.Location.Line, RunOptions.DefaultMaskKey, isPlain: false);
            MissingVariable.Report(value, $"jobs.{task.Job}.tasks[{task.Order}].mask_key", _places!, unset);
        }

        return unset.ToImmutable();
    }

    private void Collect(ProjectFile file)
    {
        if (YamlReader.Read(file, _problems) is not { } map)
        {
            return;
        }

        string name = System.IO.Path.GetFileNameWithoutExtension(file.Path);
        var self = new ScalarNode(file.Path, map.Line, name, isPlain: false);
        if (file.Path.StartsWith("jobs/", StringComparison.Ordinal) && map["tasks"] is not null)
        {
            AddOfFile(_jobs, new(self, map), "jobs");
        }
        else if (file.Path.StartsWith("connections/", StringComparison.Ordinal) && map["type"] is ScalarNode)
        {
            AddOfFile(_connections, new(self, map), "connections");
        }
        else
        {
            foreach (MapEntry entry in map.Entries.Where(e => e.Value is not ScalarNode { IsNull: true }))
            {
                CollectSection(entry);
            }
        }
    }

    private void CollectSection(MapEntry entry)
    {
        switch (entry.Key.Text)
        {
            case "project":
                _project = Once(_project, entry);
                break;
            case "definitions":
                _definitions = Once(_definitions, entry);
                break;
            case "catalog":
                _catalog = Once(_catalog, entry);
                break;
            case "connections" or "jobs" or "defaults" when _isOfCatalog:
                break;
            case "defaults":
                _defaults = Once(_defaults, entry);
                break;
            case "connections" or "jobs" when entry.Value is MapNode map:
                foreach (MapEntry item in map.Entries)
                {
                    Add(entry.Key.Text == "jobs" ? _jobs : _connections, item, entry.Key.Text);
                }

                break;
            case "connections" or "jobs":
                NotAMap(entry.Value, entry.Key.Text);
                break;
            default:
                _problems.Error(ErrorCodes.UnknownSetting, entry.Key, entry.Key.Text, $"There is no setting '{entry.Key.Text}' here.",
                    Suggestion.For(entry.Key.Text, Sections));
                break;
        }
    }

    private MapEntry Once(MapEntry? first, MapEntry entry)
    {
        if (first is not null)
        {
            _problems.Error(ErrorCodes.Duplicate, entry.Key, entry.Key.Text,
                $"'{entry.Key.Text}' is set in {first.Key.File}:{first.Key.Line} already.", "Keep it in one file.");
        }

        return first ?? entry;
    }

    private void AddOfFile(Dictionary<string, MapEntry> known, MapEntry entry, string section)
    {
        if (!_isOfCatalog)
        {
            Add(known, entry, section);
        }
    }

    private void Add(Dictionary<string, MapEntry> known, MapEntry entry, string section)
    {
        string name = entry.Key.Text;
        if (!ProjectNames.IsValid(name))
        {
            _problems.Error(ErrorCodes.InvalidValue, entry.Key, $"{section}.{name}", $"'{name}' cannot be a name.", ProjectNames.Rule);
        }
        else if (!known.TryAdd(name, entry))
        {
            _problems.Error(ErrorCodes.Duplicate, entry.Key, $"{section}.{name}",
                $"'{name}' is defined in {new SourceLine(known[name].Key.File, known[name].Key.Line)} already.", "Rename one of them.");
        }
    }

    private Project Build()
    {
        CatalogSettings catalog = ReadCatalog();
        ImmutableSortedDictionary<string, ConnectionDefinition> connections = ReadConnections();
        MapNode? defaults = MapOf(_defaults, "defaults") is { } written ? _variables.Expand(written, "defaults") : null;
        if (defaults is not null)
        {
            new OptionBinder(_problems) { ReportsMissing = false }.Bind<DefaultsOptions>(defaults.Without("source", "target"), "defaults");
        }

        var reader = new JobReader(_problems, connections, _connections.Keys, defaults, _scripts);
        string? project = ReadName();
        var jobs = _jobs.Select(entry => reader.Read(entry.Key, Expanded(entry))).OfType<JobDefinition>().Select(job => InProject(job, project)).ToImmutableArray();
        ProjectRules.Check(jobs, _problems);
        DataSourceRules.Check(connections.Values, _problems);
        return new(catalog, connections, jobs) { Name = project, DefinitionsFrom = ReadDefinitionsFrom() };
    }

    private MapEntry Expanded(KeyValuePair<string, MapEntry> job)
    {
        if (!_isOfCatalog)
        {
            return job.Value with { Value = _variables.Expand(job.Value.Value, $"jobs.{job.Key}") };
        }

        _variables.Keep(job.Value.Value, $"jobs.{job.Key}");
        return job.Value;
    }

    private DefinitionsFrom ReadDefinitionsFrom()
    {
        MapNode map = _definitions is null ? new(MainFile, 1, []) : new(_definitions.Key.File, _definitions.Key.Line, [_definitions]);
        return new OptionBinder(_problems).Bind<ProjectOptions>(map, "").Definitions;
    }

    private static JobDefinition InProject(JobDefinition job, string? project) =>
        job with { Tasks = [.. job.Tasks.Select(t => t with { Project = project, Move = t.Move is { } move ? move with { Project = project } : null })] };

    private string? ReadName()
    {
        if (_project is null || _project.Value is ScalarNode { Text: var name } && ProjectNames.IsValid(name))
        {
            return (_project?.Value as ScalarNode)?.Text;
        }

        _problems.Error(ErrorCodes.InvalidValue, _project.Value, "project", "'project' takes a name.", ProjectNames.Rule);
        return null;
    }

    private CatalogSettings ReadCatalog()
    {
        MapNode map = MapOf(_catalog, "catalog") ?? new(MainFile, 1, []);
        map = _variables.Expand(map, "catalog");
        CatalogOptions options = new OptionBinder(_problems).Bind<CatalogOptions>(map, "catalog");
        if (!_problems.HasError("catalog.type"))
        {
            CatalogRules.Check(options, map, _problems);
        }

        return new(options.Type, options.Path) { ConnectionString = options.ConnectionString, Schema = options.Schema };
    }

    private ImmutableSortedDictionary<string, ConnectionDefinition> ReadConnections()
    {
        var connections = ImmutableSortedDictionary.CreateBuilder<string, ConnectionDefinition>(StringComparer.Ordinal);
        foreach ((string name, MapEntry entry) in _connections)
        {
            string path = $"connections.{name}";
            if (MapOf(entry, path) is not { } map)
            {
                continue;
            }

            string[] types = [.. _connectors.All.Select(c => c.Info.Type)];
            if (map["type"] is not ScalarNode type)
            {
                _problems.Error(ErrorCodes.MissingSetting, map, $"{path}.type", "The setting 'type' is missing.", $"Known: {string.Join(", ", types)}.");
            }
            else if (_connectors.Find(type.Text) is not { } connector)
            {
                _problems.Error(ErrorCodes.InvalidValue, type, $"{path}.type", $"There is no connector '{type.Text}'.", Suggestion.For(type.Text, types));
            }
            else
            {
                MapNode options = map.Without("type", "data_source");
                new OptionBinder(_problems) { ResolvesReferences = true }.Bind(options, path, connector.Info.ConnectionOptions);
                connections.Add(name, new(name, ReadDataSource(map, path), connector, options, path));
            }
        }

        return connections.ToImmutable();
    }

    private string? ReadDataSource(MapNode map, string path)
    {
        string? name = new OptionBinder(_problems) { ReportsUnknown = false }.Bind<ConnectionOptions>(map, path).DataSource;
        if (name is not null && !ProjectNames.IsValid(name))
        {
            _problems.Error(ErrorCodes.InvalidValue, map["data_source"]!, $"{path}.data_source", $"'{name}' cannot be a name.", ProjectNames.Rule);
        }

        return name;
    }

    private MapNode? MapOf(MapEntry? entry, string path)
    {
        if (entry is { Value: not MapNode })
        {
            NotAMap(entry.Value, path);
        }

        return entry?.Value as MapNode;
    }

    private void NotAMap(ConfigNode node, string path) =>
        _problems.Error(ErrorCodes.InvalidValue, node, path, $"'{path}' takes a map of settings, not {node.Kind}.");
}
