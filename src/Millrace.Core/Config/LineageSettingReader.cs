using System.Collections.Immutable;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Settings;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Errors;
using Millrace.Core.Lineage;

namespace Millrace.Core.Config;

/// <summary>Reads <c>lineage:</c> of a task of step T or L; the entries' own settings were bound with the task.</summary>
internal sealed class LineageSettingReader(ProblemList problems, string path)
{
    /// <summary>The declarations.</summary>
    public ImmutableArray<DeclaredLineage> Read(ConfigNode? node)
    {
        if (node is not ListNode list)
        {
            return [];
        }

        return [.. list.Items.OfType<MapNode>().Select((entry, i) => ReadEntry(entry, $"{path}[{i}]"))];
    }

    private DeclaredLineage ReadEntry(MapNode entry, string entryPath)
    {
        // What is wrong with the settings themselves was told when the task was bound.
        LineageOptions options = new OptionBinder(new ProblemList()).Bind<LineageOptions>(entry, entryPath);
        var columns = ImmutableArray.CreateBuilder<KeyValuePair<string, ImmutableArray<string>>>();
        if (entry["columns"] is MapNode map)
        {
            columns.AddRange(map.Entries.Select(e => KeyValuePair.Create(e.Key.Text, SourcesOf(e, $"{entryPath}.columns.{e.Key.Text}"))));
        }
        else if (entry["columns"] is { } other)
        {
            problems.Error(ErrorCodes.InvalidValue, other, $"{entryPath}.columns", "'columns' takes a map of columns and what they come from.", Example);
        }

        return new(options.From, options.To, columns.ToImmutable());
    }

    private const string Example = "For example: columns: { total: [raw.orders.qty, raw.orders.price] }";

    private ImmutableArray<string> SourcesOf(MapEntry entry, string entryPath)
    {
        ImmutableArray<ConfigNode> nodes = entry.Value is ListNode list ? [.. list.Items] : [entry.Value];
        string[] sources = [.. nodes.OfType<ScalarNode>().Select(s => s.Text)];
        if (sources.Length < nodes.Length || sources.Any(s => s.LastIndexOf('.') is < 1 || s.EndsWith('.')))
        {
            problems.Error(ErrorCodes.InvalidValue, entry.Value, entryPath, "What a column comes from is written schema.table.column.", Example);
            return [];
        }

        return [.. sources];
    }
}
