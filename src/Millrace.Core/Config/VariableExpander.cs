using System.Collections.Immutable;
using Millrace.Core.Config.Options;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>
/// Puts values in the place of <c>${NAME}</c> in settings that are no connection's. They are shown and recorded as any setting is; what is secret
/// (a mask's key, the parameters of a SQL step) stays a reference until it is needed.
/// </summary>
/// <param name="places">Where variables are looked up; the first that has one wins. Null to leave references as they are.</param>
/// <param name="problems">Told of variables that are not set.</param>
internal sealed class VariableExpander(ImmutableArray<SecretPlace>? places, ProblemList problems)
{
    private static readonly string[] Secrets = ["mask_key", "connection_string"];

    private readonly List<(ScalarNode Value, string Path)> _kept = [];

    /// <summary>The same settings, their variables expanded.</summary>
    /// <param name="node">The settings.</param>
    /// <param name="path">Their path.</param>
    public T Expand<T>(T node, string path)
        where T : ConfigNode => places is null ? node : (T)Expanded(node, path);

    /// <summary>Remembers what stays a reference in settings whose variables were expanded before.</summary>
    public void Keep(ConfigNode node, string path)
    {
        switch (node)
        {
            case MapNode map:
                foreach (MapEntry entry in map.Entries)
                {
                    string inner = OptionBinder.Join(path, entry.Key.Text);
                    if ((Secrets.Contains(entry.Key.Text) || IsOfStep(inner)) && entry.Value is ScalarNode { IsNull: false } kept)
                    {
                        _kept.Add((kept, inner));
                    }

                    Keep(entry.Value, inner);
                }

                break;
            case ListNode list:
                for (int i = 0; i < list.Items.Length; i++)
                {
                    Keep(list.Items[i], $"{path}[{i}]");
                }

                break;
        }
    }

    /// <summary>True for the path of a value that a SQL step is given.</summary>
    public static bool IsOfStep(string path) => path.Contains(".run.parameters.", StringComparison.Ordinal);

    /// <summary>Settings that stayed references, with their paths.</summary>
    public IReadOnlyList<(ScalarNode Value, string Path)> Kept => _kept;

    private ConfigNode Expanded(ConfigNode node, string path) => node switch
    {
        MapNode map => new MapNode(map.File, map.Line, [.. map.Entries.Select(e => Expanded(e, OptionBinder.Join(path, e.Key.Text)))]),
        ListNode list => new ListNode(list.File, list.Line, [.. list.Items.Select((item, i) => Expanded(item, $"{path}[{i}]"))]),
        ScalarNode { IsNull: false } scalar when SecretReference.VariablePattern().IsMatch(scalar.Text) =>
            new ScalarNode(scalar.File, scalar.Line, Expanded(scalar, path), isPlain: false),
        _ => node,
    };

    private MapEntry Expanded(MapEntry entry, string path)
    {
        // The values that a step's SQL is given are bound, never shown: they may be secrets.
        if (!Secrets.Contains(entry.Key.Text) && !IsOfStep(path))
        {
            return entry with { Value = Expanded(entry.Value, path) };
        }

        if (entry.Value is ScalarNode { IsNull: false } kept)
        {
            _kept.Add((kept, path));
        }

        return entry;
    }

    private string Expanded(ScalarNode scalar, string path) => SecretReference.VariablePattern().Replace(
        scalar.Text, match => match.Groups["name"] is { Success: true } name ? Find(name.Value, scalar, path) : "${");

    private string Find(string name, ScalarNode scalar, string path)
    {
        if (MissingVariable.Find(places!.Value, name) is { } value)
        {
            return value;
        }

        problems.Error(ErrorCodes.SecretMissing, scalar, path, MissingVariable.Message(name, path, places.Value),
            $"{MissingVariable.Fix(name, places.Value)} Write $${{{name}}} where the text itself is meant.");
        return "";
    }
}
