using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>A job as rows: one of <c>jobs</c>, and those of <c>job_successors</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Values">The values of <see cref="Columns"/>, in their order.</param>
/// <param name="Successors">Jobs that start when it has succeeded.</param>
internal sealed record JobRow(string Name, JsonNode?[] Values, List<string> Successors)
{
    /// <summary>The columns of <c>jobs</c> that hold a setting each.</summary>
    public static readonly ImmutableArray<DefinitionColumn> Columns =
    [
        new("enabled", "enabled", ColumnKind.FlagOn),
        new("parallelism", "parallelism", ColumnKind.Number),
        new("description", "description"),
        new("owner", "owner"),
        new("schedule", "schedule"),
        new("sla", "sla"),
    ];

    /// <summary>A definition as rows.</summary>
    public static JobRow Of(string name, string definition)
    {
        var json = (JsonObject)JsonNode.Parse(definition)!;
        json["parallelism"] ??= 1L;
        return new(
            name,
            [.. Columns.Select(c => json[c.Path]?.DeepClone())],
            [.. (json["on_success"] as JsonArray ?? []).Select(n => n!.ToString())]);
    }

    /// <summary>The rows as a definition.</summary>
    public string Compose()
    {
        var json = new JsonObject();
        for (int i = 0; i < Columns.Length; i++)
        {
            if (Values[i] is { } value)
            {
                json[Columns[i].Path] = value.DeepClone();
            }
        }

        if (Successors.Count > 0)
        {
            json["on_success"] = new JsonArray([.. Successors.Select(s => (JsonNode)s)]);
        }

        return json.ToJsonString(DefinitionText.Format);
    }
}
