using System.Collections.Immutable;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Settings;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>Reads one task, defaults already laid under its map, and fills in what the connectors say.</summary>
internal sealed class TaskReader(
    ProblemList problems,
    ImmutableSortedDictionary<string, ConnectionDefinition> connections,
    IReadOnlyCollection<string> connectionNames,
    string path,
    Func<string, string?>? scripts)
{
    /// <summary>Reads it.</summary>
    /// <param name="written">What stands at the task itself.</param>
    /// <param name="map">That with what it inherits under it.</param>
    /// <param name="job">The job's name.</param>
    /// <param name="order">Its place in the job.</param>
    public ProjectTask? Read(MapNode written, MapNode map, string job, int order)
    {
        TaskOptions options = new OptionBinder(problems).Bind<TaskOptions>(map.Without("source", "target", "run"), path);
        string? name = options.Name ?? NameFromDataset(map);
        if (name is null || !ProjectNames.IsValid(name))
        {
            problems.Error(name is null ? ErrorCodes.MissingSetting : ErrorCodes.InvalidValue, map["name"] ?? map, $"{path}.name",
                name is null ? "The task needs a name: its dataset is not a single plain name." : $"'{name}' cannot be a name.", ProjectNames.Rule);
            name = $"task{order}";
        }

        if (options.Id is not null && !ProjectNames.IsValidKey(options.Id))
        {
            problems.Error(ErrorCodes.InvalidValue, map["id"]!, $"{path}.id", $"'{options.Id}' cannot be an id.", ProjectNames.Rule);
        }

        var task = new ProjectTask(options.Id ?? $"{job}/{name}", job, name, options.Step, order)
        {
            Enabled = options.Enabled,
            Description = options.Description,
            Owner = options.Owner,
            RunOrder = options.Order,
            DependsOn = options.DependsOn,
            Prices = options.Prices is { } p ? new(p.PerGb, p.PerRun, p.PerHour, p.Currency) : null,
            Location = new(map.File, map.Line),
        };
        return options.Step == TaskStep.E ? ReadMove(map, options, task) : ReadSql(map, written, task);
    }

    private static string? NameFromDataset(MapNode map)
    {
        ConfigNode? dataset = (map["source"] as MapNode)?["dataset"];
        string? text = (dataset as ScalarNode ?? (dataset as ListNode is { Items: [ScalarNode only] } ? only : null))?.Text;
        return text is not null && ProjectNames.IsValid(text) ? text : null;
    }

    private ProjectTask ReadSql(MapNode map, MapNode written, ProjectTask task)
    {
        string runPath = $"{path}.run";
        if (map["run"] is not MapNode run)
        {
            problems.Error(ErrorCodes.MissingSetting, map["run"] ?? map, runPath, $"A task of step {task.Step} needs 'run'.",
                "For example: run: { connection: warehouse, script: sql/conform.sql }");
            return task;
        }

        foreach (string setting in (string[])["source", "target", "columns", "checks"])
        {
            if (written[setting] is { } node)
            {
                problems.Error(ErrorCodes.Unsupported, node, $"{path}.{setting}", $"'{setting}' is for step E; this task is of step {task.Step}.",
                    setting == "checks" ? "Check in the SQL itself: RAISE, or a statement that fails." : "Remove it.");
            }
        }

        return task with
        {
            Sql = new SqlStepReader(problems, runPath, scripts).Read(run, FindConnection(run, runPath)),
            Lineage = new LineageSettingReader(problems, $"{path}.lineage").Read(map["lineage"]),
        };
    }

    private ProjectTask ReadMove(MapNode map, TaskOptions options, ProjectTask task)
    {
        MapNode? sourceMap = Section(map, "source", "source: { connection: shop, dataset: orders }");
        MapNode? targetMap = Section(map, "target", "target: { connection: warehouse, table: raw.orders }");
        if (map["run"] is { } run)
        {
            problems.Error(ErrorCodes.Unsupported, run, $"{path}.run", "'run' is for the steps T and L; this task is of step E.", "Remove it, or set step: T.");
        }

        if (map["lineage"] is { } lineage)
        {
            problems.Error(ErrorCodes.Unsupported, lineage, $"{path}.lineage", "'lineage' is for the steps T and L; what step E does is known.", "Remove it.");
        }

        if (sourceMap is null || targetMap is null)
        {
            return task;
        }

        ConnectionDefinition? from = FindConnection(sourceMap, $"{path}.source");
        ConnectionDefinition? to = FindConnection(targetMap, $"{path}.target");
        (TaskSourceOptions source, object? ofSource) = BindSide<TaskSourceOptions>(sourceMap, $"{path}.source", from, from?.Connector.Info.SourceOptions);
        (TaskTargetOptions target, object? ofTarget) = BindSide<TaskTargetOptions>(targetMap, $"{path}.target", to, to?.Connector.Info.TargetOptions);
        if (from is null || to is null)
        {
            return task;
        }

        var rules = new TaskRules(problems, path, map, sourceMap, targetMap, from, to);
        ReplicationMethod method = rules.Method(source);
        WriteDisposition disposition = rules.Disposition(source, target, method);
        var definition = new TaskDefinition(
            task.Key,
            task.Job,
            task.Name,
            MakeSource(source, method, ofSource),
            MakeTarget(target, disposition, ofTarget));
        definition = WithKeyPaths(WithRunSettings(definition, options) with { Enabled = task.Enabled });
        rules.Check(definition, options);
        return task with { Move = definition };
    }

    private (T Own, object? OfConnector) BindSide<T>(MapNode map, string sidePath, ConnectionDefinition? connection, Type? connectorOptions)
    {
        // What an unknown connection's connector would know cannot be told from a mistake.
        var binder = new OptionBinder(problems) { ReportsUnknown = connection is not null };
        object[] bound = connectorOptions is null
            ? binder.Bind(map, sidePath, typeof(T))
            : binder.Bind(map, sidePath, typeof(T), connectorOptions);
        return ((T)bound[0], bound.ElementAtOrDefault(1));
    }

    private MapNode? Section(MapNode map, string name, string example)
    {
        if (map[name] is MapNode section)
        {
            return section;
        }

        problems.Error(ErrorCodes.MissingSetting, map[name] ?? map, $"{path}.{name}", $"The task needs a map '{name}'.", $"For example: {example}");
        return null;
    }

    private ConnectionDefinition? FindConnection(MapNode map, string sidePath)
    {
        if (map["connection"] is not ScalarNode name)
        {
            return null; // the binder says that it is missing
        }

        if (connections.TryGetValue(name.Text, out ConnectionDefinition? connection))
        {
            return connection;
        }

        // A connection that is there but broken has its own problem already.
        if (!connectionNames.Contains(name.Text))
        {
            string known = connectionNames.Count == 0 ? "" : $" Connections: {string.Join(", ", connectionNames.Order(StringComparer.Ordinal))}.";
            string suggestion = Suggestion.For(name.Text, connectionNames);
            problems.Error(ErrorCodes.UnknownName, name, $"{sidePath}.connection", $"There is no connection '{name.Text}'.",
                suggestion.StartsWith("Did", StringComparison.Ordinal) ? suggestion + known : known.Length == 0 ? "Define it under connections:." : known.TrimStart());
        }

        return null;
    }

    private static TaskSource MakeSource(TaskSourceOptions source, ReplicationMethod method, object? options) =>
        new(source.Connection, new(source.Dataset, source.Exclude), method)
        {
            CursorField = source.CursorField,
            Filter = source.Filter?.Text,
            Fields = source.Fields,
            OnDrop = source.OnDrop,
            OnHistoryLost = source.OnHistoryLost,
            Options = options,
        };

    private static TaskTarget MakeTarget(TaskTargetOptions target, WriteDisposition disposition, object? options) =>
        new(target.Connection, target.Table, disposition)
        {
            Strategy = target.MergeStrategy ?? MergeStrategy.Upsert,
            DeleteMode = target.DeleteMode,
            PrimaryKey = target.PrimaryKey,
            OnTargetVanished = target.OnTargetVanished,
            Options = options,
        };

    private static TaskDefinition WithRunSettings(TaskDefinition task, TaskOptions options) => task with
    {
        Limits = options.Limits is { } l ? new(l.RunMaxRows, l.RunMaxBytes?.Bytes, l.RunMaxDuration) : RunLimits.None,
        CommitEvery = options.CommitEvery is { } c
            ? new(c.Rows, c.Bytes?.Bytes ?? CommitEvery.Default.Bytes, c.Seconds is { } s ? TimeSpan.FromSeconds(s) : CommitEvery.Default.Interval)
            : CommitEvery.Default,
        Contract = options.SchemaContract is { } k ? new(k.Tables, k.Columns, k.Types) : SchemaContract.Default,
        Nested = options.Nested is { } n ? new(n.Mode, n.MaxDepth, n.Separator) : NestedSettings.Json,
        Columns = [.. options.Columns.Select(c => ColumnMappingOf(c, options))],
        Checks = [.. options.Checks.SelectMany(ChecksOf)],
        MaxColumns = options.MaxColumns,
        MaxQuarantine = options.MaxQuarantine,
        MaxBytesInFlight = options.MaxBytesInFlight.Bytes,
    };

    /// <summary>The task with its key by source fields: one that is named by the column that a mapping gives it is the field that feeds the column.</summary>
    internal static TaskDefinition WithKeyPaths(TaskDefinition task)
    {
        string PathOf(string name) => task.Columns.Any(c => c.From == name)
            ? name
            : task.Columns.FirstOrDefault(c => c.To == name && c.From is not null)?.From ?? name;
        return task with { Target = task.Target with { PrimaryKey = [.. task.Target.PrimaryKey.Select(PathOf)] } };
    }

    private static ColumnMapping ColumnMappingOf(ColumnOptions column, TaskOptions task) => new()
    {
        From = column.From,
        To = column.To,
        Cast = column.Cast,
        Drop = column.Drop,
        Constant = column.Constant,
        Mask = column.Mask,
        MaskKey = column.Mask == MaskKind.HmacSha256 ? column.MaskKey ?? task.MaskKey : null,
    };

    private static IEnumerable<QualityCheck> ChecksOf(CheckOptions check)
    {
        if (!check.NotNull.IsEmpty)
        {
            yield return new(QualityCheckKind.NotNull, check.NotNull);
        }

        if (!check.Unique.IsEmpty)
        {
            yield return new(QualityCheckKind.Unique, check.Unique);
        }

        if (check.AcceptedValues is { } accepted)
        {
            yield return new(QualityCheckKind.AcceptedValues, [accepted.Column]) { Values = accepted.Values };
        }

        if (check.RowCount is { } count)
        {
            yield return new(QualityCheckKind.RowCount, []) { Min = count.Min, Max = count.Max };
        }

        if (check.Sql is not null)
        {
            yield return new(QualityCheckKind.Sql, []) { Sql = check.Sql };
        }
    }
}
