using Millrace.Core.Config.Options;
using Millrace.Core.Config.Settings;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>Which settings of the catalog go with which store.</summary>
internal static class CatalogRules
{
    // PostgreSQL cuts longer names off; SQL Server takes 128.
    private const int LongestSchema = 63;
    private static readonly string[] OfServers = ["connection_string", "schema"];

    /// <summary>Reports what is missing and what belongs to another store.</summary>
    public static void Check(CatalogOptions options, MapNode map, ProblemList problems)
    {
        string type = SnakeCase.Of(options.Type);
        bool isFile = options.Type == CatalogType.Sqlite;
        foreach (MapEntry entry in map.Entries.Where(e => isFile ? OfServers.Contains(e.Key.Text) : e.Key.Text == "path"))
        {
            problems.Error(ErrorCodes.Unsupported, entry.Key, $"catalog.{entry.Key.Text}", $"A catalog of type {type} has no '{entry.Key.Text}'.",
                isFile ? "Take it out, or set type: postgresql or sqlserver." : "Take it out, or set type: sqlite.");
        }

        if (!isFile && map["connection_string"] is null)
        {
            problems.Error(ErrorCodes.MissingSetting, map, "catalog.connection_string", "The setting 'connection_string' is missing.",
                $"A catalog of type {type} needs it. For example: connection_string: \"${{CATALOG_DB}}\".");
        }

        if (!isFile && (options.Schema.Length is 0 or > LongestSchema || options.Schema.Any(char.IsControl)))
        {
            problems.Error(ErrorCodes.InvalidValue, map["schema"] ?? map, "catalog.schema", $"'{options.Schema}' cannot be the name of a schema.",
                $"Write a name of 1 to {LongestSchema} characters, or leave it out for metadata.");
        }
    }
}
