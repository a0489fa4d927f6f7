using System.Collections;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Contracts;

namespace Millrace.Core.Config;

/// <summary>
/// The effective definition of jobs and tasks as JSON, in the words of the project file and always in the same order: what the catalog keeps
/// and <c>millrace diff</c> compares. Secrets appear as references or as <c>***</c>.
/// </summary>
public static class DefinitionJson
{
    internal static readonly JsonSerializerOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A job without its tasks.</summary>
    public static string Of(JobDefinition job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var json = new JsonObject { ["enabled"] = job.Enabled, ["parallelism"] = job.Parallelism };
        Set(json, "description", job.Description);
        Set(json, "owner", job.Owner);
        Set(json, "schedule", job.Schedule);
        Set(json, "sla", job.Sla is { } sla ? Duration.Format(sla) : null);
        SetList(json, "on_success", job.OnSuccess);
        return json.ToJsonString(Format);
    }

    /// <summary>A task.</summary>
    public static string Of(ProjectTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        var json = new JsonObject
        {
            ["job"] = task.Job, ["name"] = task.Name, ["step"] = task.Step.ToString(), ["order"] = task.Order, ["enabled"] = task.Enabled,
        };
        Set(json, "description", task.Description);
        Set(json, "owner", task.Owner);
        SetNumber(json, "run_order", task.RunOrder);
        SetList(json, "depends_on", task.DependsOn);
        if (task.Sql is { } sql)
        {
            json["run"] = SqlStepJson.Of(sql);
            SetItems(json, "lineage", task.Lineage.Select(LineageOf));
        }

        if (task.Move is { } move)
        {
            json["source"] = SourceOf(move.Source);
            json["target"] = TargetOf(move.Target);
            AddRunSettings(json, move);
        }

        if (task.Prices is { } prices)
        {
            json["prices"] = new JsonObject
            {
                ["per_gb"] = prices.PerGb, ["per_run"] = prices.PerRun, ["per_hour"] = prices.PerHour, ["currency"] = prices.Currency,
            };
        }

        return json.ToJsonString(Format);
    }

    /// <summary>A definition field by field: <c>source.dataset[0]</c> → <c>orders</c>, in the definition's order.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Flatten(string json)
    {
        var fields = new List<KeyValuePair<string, string>>();
        Flatten(JsonNode.Parse(json), "", fields);
        return fields;
    }

    private static JsonObject SourceOf(TaskSource source)
    {
        var json = new JsonObject
        {
            ["connection"] = source.Connection,
            ["dataset"] = ListOf(source.Datasets.Include),
            ["replication_method"] = SnakeCase.Of(source.Method),
            ["on_drop"] = SnakeCase.Of(source.OnDrop),
            ["on_history_lost"] = SnakeCase.Of(source.OnHistoryLost),
        };
        SetList(json, "exclude", source.Datasets.Exclude);
        Set(json, "cursor_field", source.CursorField);
        Set(json, "filter", source.Filter);
        SetList(json, "fields", source.Fields);
        AddConnectorOptions(json, source.Options);
        return json;
    }

    private static JsonObject TargetOf(TaskTarget target)
    {
        var json = new JsonObject
        {
            ["connection"] = target.Connection,
            ["table"] = target.Table,
            ["write_disposition"] = SnakeCase.Of(target.Disposition),
        };
        if (target.Disposition == WriteDisposition.Merge)
        {
            json["merge_strategy"] = SnakeCase.Of(target.Strategy);
        }

        json["delete_mode"] = SnakeCase.Of(target.DeleteMode);
        SetList(json, "primary_key", target.PrimaryKey);
        json["on_target_vanished"] = SnakeCase.Of(target.OnTargetVanished);
        AddConnectorOptions(json, target.Options);
        return json;
    }

    private static void AddRunSettings(JsonObject json, TaskDefinition task)
    {
        var limits = new JsonObject();
        SetNumber(limits, "run_max_rows", task.Limits.MaxRows);
        SetNumber(limits, "run_max_bytes", task.Limits.MaxBytes);
        Set(limits, "run_max_duration", task.Limits.MaxDuration is { } duration ? Duration.Format(duration) : null);
        if (limits.Count > 0)
        {
            json["limits"] = limits;
        }

        var commit = new JsonObject();
        SetNumber(commit, "rows", task.CommitEvery.Rows);
        SetNumber(commit, "bytes", task.CommitEvery.Bytes);
        SetNumber(commit, "seconds", (long?)task.CommitEvery.Interval?.TotalSeconds);
        json["commit_every"] = commit;
        json["schema_contract"] = new JsonObject
        {
            ["tables"] = SnakeCase.Of(task.Contract.Tables),
            ["columns"] = SnakeCase.Of(task.Contract.Columns),
            ["types"] = SnakeCase.Of(task.Contract.Types),
        };
        json["nested"] = task.Nested.Mode == NestedMode.Flatten
            ? new JsonObject { ["mode"] = "flatten", ["max_depth"] = task.Nested.MaxDepth, ["separator"] = task.Nested.Separator }
            : SnakeCase.Of(task.Nested.Mode);
        json["max_columns"] = task.MaxColumns;
        json["max_quarantine"] = task.MaxQuarantine;
        json["max_bytes_in_flight"] = task.MaxBytesInFlight;
        SetItems(json, "columns", task.Columns.Select(ColumnOf));
        SetItems(json, "checks", task.Checks.Select(CheckOf));
    }

    private static JsonNode LineageOf(Lineage.DeclaredLineage declared)
    {
        var json = new JsonObject { ["from"] = ListOf(declared.From), ["to"] = declared.To };
        if (!declared.Columns.IsEmpty)
        {
            json["columns"] = new JsonObject(declared.Columns.Select(c => KeyValuePair.Create(c.Key, (JsonNode?)ListOf(c.Value))));
        }

        return json;
    }

    private static JsonNode ColumnOf(ColumnMapping column)
    {
        var json = new JsonObject();
        Set(json, "from", column.From);
        Set(json, "to", column.To);
        Set(json, "cast", column.Cast?.ToString());
        Set(json, "constant", column.Constant);
        if (column.Drop)
        {
            json["drop"] = true;
        }

        if (column.Mask != MaskKind.None)
        {
            json["mask"] = SnakeCase.Of(column.Mask);
            Set(json, "mask_key", column.MaskKey is null ? null : Shown(column.MaskKey));
        }

        return json;
    }

    private static JsonNode CheckOf(QualityCheck check) => check.Kind switch
    {
        QualityCheckKind.NotNull => new JsonObject { ["not_null"] = ListOf(check.Columns) },
        QualityCheckKind.Unique => new JsonObject { ["unique"] = ListOf(check.Columns) },
        QualityCheckKind.AcceptedValues => new JsonObject
        {
            ["accepted_values"] = new JsonObject { ["column"] = check.Columns[0], ["values"] = ListOf(check.Values) },
        },
        QualityCheckKind.RowCount => new JsonObject { ["row_count"] = new JsonObject { ["min"] = check.Min, ["max"] = check.Max } },
        _ => new JsonObject { ["sql"] = check.Sql },
    };

    private static void AddConnectorOptions(JsonObject json, object? options)
    {
        foreach (OptionDescription option in OptionDescription.Of(options?.GetType()))
        {
            json[option.Name] = ValueOf(option.Property.GetValue(options), option.Secret);
        }
    }

    private static JsonNode? ValueOf(object? value, bool isSecret) => value switch
    {
        null => null,
        string text => isSecret ? Shown(text) : text,
        bool flag => flag,
        int number => number,
        long number => number,
        double number => number,
        decimal number => number,
        TimeSpan duration => Duration.Format(duration),
        ByteSize size => size.Bytes,
        StructuredText text => text.Text,
        Enum member => SnakeCase.Of(member.ToString()),
        IEnumerable list => new JsonArray([.. list.Cast<object>().Select(item => ValueOf(item, isSecret))]),
        _ => new JsonObject(OptionDescription.Of(value.GetType())
            .Select(o => KeyValuePair.Create(o.Name, ValueOf(o.Property.GetValue(value), o.Secret)))),
    };

    private static string Shown(string secret) => SecretReference.LooksSecret(secret) ? "***" : secret;

    private static JsonArray ListOf(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode)v)]);

    internal static void Set(JsonObject json, string name, string? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }

    private static void SetNumber(JsonObject json, string name, long? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }

    private static void SetList(JsonObject json, string name, ImmutableArray<string> values)
    {
        if (!values.IsEmpty)
        {
            json[name] = ListOf(values);
        }
    }

    private static void SetItems(JsonObject json, string name, IEnumerable<JsonNode> items)
    {
        var array = new JsonArray([.. items]);
        if (array.Count > 0)
        {
            json[name] = array;
        }
    }

    private static void Flatten(JsonNode? node, string path, List<KeyValuePair<string, string>> fields)
    {
        switch (node)
        {
            case JsonObject map:
                foreach ((string name, JsonNode? value) in map)
                {
                    Flatten(value, OptionBinder.Join(path, name), fields);
                }

                break;
            case JsonArray list when list.All(i => i is JsonValue or null):
                fields.Add(new(path, $"[{string.Join(", ", list.Select(i => i?.ToString()))}]"));
                break;
            case JsonArray list:
                for (int i = 0; i < list.Count; i++)
                {
                    Flatten(list[i], $"{path}[{i}]", fields);
                }

                break;
            case not null:
                fields.Add(new(path, node.ToString()));
                break;
        }
    }
}
