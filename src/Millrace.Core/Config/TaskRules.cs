using System.Collections.Immutable;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Settings;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>Defaults that depend on the connectors, and the combinations of settings that make no sense.</summary>
internal sealed class TaskRules(
    ProblemList problems, string path, MapNode task, MapNode source, MapNode target, ConnectionDefinition from, ConnectionDefinition to)
{
    /// <summary>The method: as set; incremental where a cursor is named; else the connector's first.</summary>
    public ReplicationMethod Method(TaskSourceOptions options)
    {
        ImmutableArray<ReplicationMethod> offered = from.Connector.Info.Methods;
        if (offered.IsEmpty)
        {
            Refuse(source, "source", "connection", $"{from.Connector.Info.Title} cannot be read from.", "Name a connection that is a source.");
            return ReplicationMethod.FullRefresh;
        }

        ReplicationMethod method = options.ReplicationMethod
            ?? (options.CursorField is not null && offered.Contains(ReplicationMethod.Incremental) ? ReplicationMethod.Incremental : offered[0]);
        if (!offered.Contains(method))
        {
            Refuse(source, "source", "replication_method", $"{from.Connector.Info.Title} does not offer {SnakeCase.Of(method)}.",
                $"It offers {string.Join(", ", offered.Select(SnakeCase.Of))}.");
        }

        if (method == ReplicationMethod.Incremental && options.CursorField is null)
        {
            problems.Error(ErrorCodes.MissingSetting, source, $"{path}.source.cursor_field", "incremental needs 'cursor_field'.",
                "Name the field whose value grows with every change, such as updated_at.");
        }
        else if (method != ReplicationMethod.Incremental && options.CursorField is not null)
        {
            Refuse(source, "source", "cursor_field", $"'cursor_field' is for incremental; this task is {SnakeCase.Of(method)}.",
                "Remove it, or set replication_method: incremental.");
        }

        return method;
    }

    /// <summary>The disposition: as set; merge for change capture and for incremental with a key; else append, or replace for full refresh.</summary>
    public WriteDisposition Disposition(TaskSourceOptions sourceOptions, TaskTargetOptions options, ReplicationMethod method)
    {
        ImmutableArray<WriteDisposition> offered = to.Connector.Info.Dispositions;
        if (offered.IsEmpty)
        {
            Refuse(target, "target", "connection", $"{to.Connector.Info.Title} cannot be written to.", "Name a connection that is a destination.");
            return WriteDisposition.Append;
        }

        bool hasKey = !options.PrimaryKey.IsEmpty || !from.Connector.Info.DefaultKey.IsEmpty || from.Connector.Info.HasDatasetKeys;
        WriteDisposition natural = method switch
        {
            _ when options.MergeStrategy is not null => WriteDisposition.Merge,
            ReplicationMethod.ChangeCapture => WriteDisposition.Merge,
            ReplicationMethod.Incremental => hasKey ? WriteDisposition.Merge : WriteDisposition.Append,
            _ => WriteDisposition.Replace,
        };
        WriteDisposition disposition = options.WriteDisposition ?? natural;
        if (!offered.Contains(disposition))
        {
            Refuse(target, "target", "write_disposition", $"{to.Connector.Info.Title} does not offer {SnakeCase.Of(disposition)}.",
                $"It offers {string.Join(", ", offered.Select(SnakeCase.Of))}.");
        }

        if (disposition == WriteDisposition.Replace && method != ReplicationMethod.FullRefresh)
        {
            Refuse(target, "target", "write_disposition",
                $"replace makes the table exactly what was read, and {SnakeCase.Of(method)} reads only what changed.",
                "Use merge or append, or set replication_method: full_refresh.");
        }

        return disposition;
    }

    /// <summary>Everything that needs the whole task.</summary>
    public void Check(TaskDefinition definition, TaskOptions options)
    {
        CheckStrategy(definition);
        CheckKey(definition);
        CheckTable(definition);
        for (int i = 0; i < options.Columns.Length; i++)
        {
            CheckColumn(options.Columns[i], $"{path}.columns[{i}]", Item("columns", i));
        }

        for (int i = 0; i < options.Checks.Length; i++)
        {
            CheckCheck(options.Checks[i], $"{path}.checks[{i}]", Item("checks", i));
        }
    }

    private void CheckStrategy(TaskDefinition definition)
    {
        bool isSet = target["merge_strategy"] is not null;
        MergeStrategy strategy = definition.Target.Strategy;
        if (isSet && definition.Target.Disposition != WriteDisposition.Merge)
        {
            Refuse(target, "target", "merge_strategy", $"'merge_strategy' is for merge; this task's write_disposition is {SnakeCase.Of(definition.Target.Disposition)}.",
                "Remove it, or set write_disposition: merge.");
        }

        ImmutableArray<MergeStrategy> offered = to.Connector.Info.Strategies;
        if (definition.Target.Disposition == WriteDisposition.Merge && !offered.IsEmpty && !offered.Contains(strategy))
        {
            Refuse(target, "target", "merge_strategy", $"{to.Connector.Info.Title} does not offer {SnakeCase.Of(strategy)}.",
                $"It offers {string.Join(", ", offered.Select(SnakeCase.Of))}.");
        }

        if (strategy == MergeStrategy.Scd2 && definition.Nested.Mode == NestedMode.ChildTables)
        {
            Refuse(target, "target", "merge_strategy",
                "scd2 does not go with nested: child_tables: a child row has no time of validity of its own, so versions of the parent could not be told apart there.",
                "Use nested: json or flatten.");
        }

        if (strategy == MergeStrategy.Scd2 && !definition.Source.Fields.IsEmpty && definition.Source.Method == ReplicationMethod.ChangeCapture)
        {
            problems.Warning(ErrorCodes.Unsupported, source["fields"] ?? source, $"{path}.source.fields",
                "scd2 keeps a version for every change, also for changes of fields that are left out here.");
        }
    }

    // A delete that does not carry the key finds no row, and an update that changes the key's value leaves the former row behind.
    private void CheckKey(TaskDefinition definition)
    {
        ImmutableArray<string> known = from.Connector.Info.ChangeKey;
        ImmutableArray<string> key = definition.Target.PrimaryKey;
        bool isKept = definition.Source.Method == ReplicationMethod.ChangeCapture && definition.Target.Disposition == WriteDisposition.Merge;
        if (!isKept || known.IsEmpty || key.IsEmpty || key.ToHashSet(StringComparer.Ordinal).SetEquals(known))
        {
            return;
        }

        string own = $"[{string.Join(", ", known)}]";
        string message = $"{from.Connector.Info.Title}'s change log names a deleted row by {own} alone, so a table with the key "
            + $"[{string.Join(", ", key)}] cannot follow deletes, and an update that changes the key's value leaves the former row there.";
        if (definition.Target.DeleteMode == DeleteMode.Ignore)
        {
            problems.Warning(ErrorCodes.Unsupported, target["primary_key"] ?? target, $"{path}.target.primary_key", message);
            return;
        }

        Refuse(target, "target", "primary_key", message,
            $"Use primary_key: {own}, with a check such as unique: [{string.Join(", ", key)}] where these must be unique, too; "
                + "or set delete_mode: ignore, and rows that were deleted or changed their key stay in the table.");
    }

    private void CheckTable(TaskDefinition definition)
    {
        if (definition.Target.Table.Count(c => c == '.') > 1)
        {
            problems.Error(ErrorCodes.InvalidValue, target["table"] ?? target, $"{path}.target.table",
                $"'{definition.Target.Table}' has more than two parts.", "Write the table as schema.table, or as table alone for the connection's default schema.");
        }

        else if (definition.Target.Table.Split('.').Any(string.IsNullOrWhiteSpace) && !problems.HasError($"{path}.target.table"))
        {
            problems.Error(ErrorCodes.InvalidValue, target["table"] ?? target, $"{path}.target.table",
                $"'{definition.Target.Table}' lacks the name of its {(definition.Target.Table.TrimStart().StartsWith('.') ? "schema" : "table")}.",
                "Write the table as schema.table, or as table alone for the connection's default schema. A variable in it may be set to nothing.");
        }

        ImmutableArray<string> include = definition.Source.Datasets.Include;
        bool several = include.Length > 1 || include.Any(d => d.Contains('*', StringComparison.Ordinal));
        if (several && !definition.Target.Table.Contains("{dataset}", StringComparison.Ordinal))
        {
            Refuse(target, "target", "table", "Several datasets would land in one table.", $"Write the name with {{dataset}}, such as \"{SchemaOf(definition.Target.Table)}{{dataset}}\".");
        }

        if (!definition.Source.Datasets.Exclude.IsEmpty && !several)
        {
            Refuse(source, "source", "exclude", "'exclude' needs a pattern or several datasets to exclude from.", "Remove it.");
        }
    }

    private void CheckColumn(ColumnOptions column, string at, ConfigNode node)
    {
        if (column.From is null && column.Constant is null)
        {
            string which = column.To is null ? "This mapping" : $"The mapping to '{column.To}'";
            problems.Error(ErrorCodes.MissingSetting, node, $"{at}.from", $"{which} says nothing of where its values come from.",
                "Add 'from:' with the field's path, or 'constant:' with a text for every row.");
        }

        if (column.Constant is not null && (column.From is not null || column.To is null || column.Mask != MaskKind.None || column.Drop))
        {
            problems.Error(ErrorCodes.Unsupported, node, at, "A constant column takes 'to', 'constant' and perhaps 'cast', nothing else.");
        }

        if (column.Drop && (column.To is not null || column.Cast is not null || column.Mask != MaskKind.None))
        {
            problems.Error(ErrorCodes.Unsupported, node, at, "A dropped path takes no 'to', 'cast' or 'mask'.", "Remove them, or 'drop'.");
        }

        if (column.Mask != MaskKind.None && column.Cast is not null)
        {
            problems.Error(ErrorCodes.Unsupported, node, at, "A masked value is text; it takes no 'cast'.", "Remove 'cast'.");
        }

        // A cast that could not be read is told by itself.
        bool hasCast = node is MapNode map && map["cast"] is not null;
        if (!hasCast && column is { Drop: false, Mask: MaskKind.None, Constant: null, To: null, From: not null })
        {
            problems.Warning(ErrorCodes.Unsupported, node, at, "This mapping changes nothing but the place: the path becomes a column of its own.");
        }
    }

    private void CheckCheck(CheckOptions check, string at, ConfigNode node)
    {
        int kinds = (check.NotNull.IsEmpty ? 0 : 1) + (check.Unique.IsEmpty ? 0 : 1) + (check.AcceptedValues is null ? 0 : 1)
            + (check.RowCount is null ? 0 : 1) + (check.Sql is null ? 0 : 1);
        if (kinds == 0)
        {
            problems.Error(ErrorCodes.MissingSetting, node, at, "A check needs one of not_null, unique, accepted_values, row_count and sql.");
        }

        if (check.RowCount is { } count && (count is { Min: null, Max: null } || count.Min > count.Max))
        {
            problems.Error(ErrorCodes.InvalidValue, node, $"{at}.row_count", "'row_count' needs min, max or both, min not above max.");
        }
    }

    // The map of one entry, for its line; the list itself where it is written as one value.
    private ConfigNode Item(string list, int index) => task[list] switch
    {
        ListNode items when index < items.Items.Length => items.Items[index],
        { } node => node,
        null => task,
    };

    private static string SchemaOf(string table) =>
        table.IndexOf('.', StringComparison.Ordinal) is > 0 and int dot ? table[..(dot + 1)] : "";

    private void Refuse(MapNode side, string sideName, string setting, string message, string fix) =>
        problems.Error(ErrorCodes.Unsupported, side[setting] ?? side, $"{path}.{sideName}.{setting}", message, fix);
}
