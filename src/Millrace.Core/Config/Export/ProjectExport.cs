using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Config.Settings;
using Millrace.Core.Contracts;

namespace Millrace.Core.Config.Export;

/// <summary>
/// Writes a catalog's definitions as a project file, which loads to the same definitions again. What has its default is left out; secrets are
/// references, or <c>***</c> where the catalog was given them as plain text.
/// </summary>
public static class ProjectExport
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes them.</summary>
    /// <param name="head">The project that they are of: its name, its catalog, where its definitions are.</param>
    /// <param name="definitions">The catalog's definitions.</param>
    /// <param name="connectors">The connectors that there are, for their defaults.</param>
    public static ExportedProject Of(Project head, CatalogDefinitions definitions, ConnectorRegistry connectors)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(definitions);
        ArgumentNullException.ThrowIfNull(connectors);
        var types = new Dictionary<string, ConnectorInfo?>(StringComparer.Ordinal);
        var connections = new JsonObject();
        foreach (CatalogDefinition connection in definitions.Connections)
        {
            JsonObject json = Parse(connection);
            types[connection.Name] = connectors.Find(json["type"]?.ToString() ?? "")?.Info;
            connections[connection.Name] = json;
        }

        var scripts = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        ILookup<string?, JsonObject> tasks = definitions.Tasks.Select(t => TaskExport.Of(t.Name, Parse(t), types, scripts))
            .ToLookup(t => JsonText(t, TaskExport.Job), StringComparer.Ordinal);
        var jobs = new JsonObject();
        foreach (CatalogDefinition job in definitions.Jobs)
        {
            jobs[job.Name] = JobOf(Parse(job), tasks[job.Name]);
        }

        JsonObject root = HeadOf(head);
        Add(root, "connections", connections);
        Add(root, "jobs", jobs);
        string yaml = YamlText.Of(root);
        root["scripts"] = new JsonObject(scripts.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value)));
        return new(yaml, TaskExport.WithoutMarks(root)!.ToJsonString(Indented) + "\n", scripts.ToImmutable());
    }

    private static JsonObject JobOf(JsonObject job, IEnumerable<JsonObject> tasks)
    {
        string? owner = JsonText(job, "owner");
        DefaultSettings.Remove(job, OptionDescription.Of(typeof(JobOptions)));
        TaskExport.EscapeVariables(job, "");
        job["tasks"] = new JsonArray([.. tasks.Select(t =>
        {
            t.Remove(TaskExport.Job);

            // A task without an owner of its own has the job's.
            if (owner is not null && JsonText(t, "owner") == TaskExport.Escaped(owner))
            {
                t.Remove("owner");
            }

            return t;
        })]);
        return job;
    }

    private static JsonObject HeadOf(Project head)
    {
        var root = new JsonObject();
        if (head.Name is not null)
        {
            root["project"] = head.Name;
        }

        if (head.DefinitionsFrom != DefinitionsFrom.File)
        {
            root["definitions"] = SnakeCase.Of(head.DefinitionsFrom);
        }

        CatalogSettings settings = head.Catalog;
        var catalog = new JsonObject { ["type"] = SnakeCase.Of(settings.Type) };
        if (settings.Type == CatalogType.Sqlite)
        {
            catalog["path"] = TaskExport.Escaped(settings.Path);
        }
        else
        {
            string text = settings.ConnectionString ?? "";
            catalog["connection_string"] = SecretReference.LooksSecret(text) ? "***" : text;
            catalog["schema"] = TaskExport.Escaped(settings.Schema);
        }

        DefaultSettings.Remove(catalog, OptionDescription.Of(typeof(CatalogOptions)));
        Add(root, "catalog", catalog);
        return root;
    }

    private static void Add(JsonObject root, string section, JsonObject content)
    {
        if (content.Count > 0)
        {
            root[section] = content;
        }
    }

    private static string? JsonText(JsonObject json, string name) => json[name]?.ToString();

    private static JsonObject Parse(CatalogDefinition definition) => (JsonObject)JsonNode.Parse(definition.Json)!;
}
