using System.Collections.Immutable;

namespace Millrace.Core.Config.Yaml;

/// <summary>A value of a project file together with where it stands.</summary>
internal abstract class ConfigNode(string file, int line)
{
    public string File { get; } = file;

    public int Line { get; } = line;

    /// <summary>How many nodes it holds, itself included, aliases counted as often as they are used.</summary>
    public abstract long Size { get; }

    /// <summary>What it is, in a message.</summary>
    public abstract string Kind { get; }
}

/// <summary>A single value, as text.</summary>
internal sealed class ScalarNode(string file, int line, string text, bool isPlain) : ConfigNode(file, line)
{
    public string Text { get; } = text;

    /// <summary>Nothing, <c>~</c> or <c>null</c> without quotes: as if the setting were not there.</summary>
    public bool IsNull { get; } = isPlain && text is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>True where the text stands without quotes, so that <c>5</c> is a number and <c>true</c> a boolean.</summary>
    public bool IsPlain { get; } = isPlain;

    public override long Size => 1;

    public override string Kind => "a single value";
}

/// <summary>A list.</summary>
internal sealed class ListNode(string file, int line, ImmutableArray<ConfigNode> items) : ConfigNode(file, line)
{
    public ImmutableArray<ConfigNode> Items { get; } = items;

    public override long Size { get; } = 1 + items.Sum(i => i.Size);

    public override string Kind => "a list";
}

/// <summary>A map in the order of the file.</summary>
internal sealed class MapNode(string file, int line, ImmutableArray<MapEntry> entries) : ConfigNode(file, line)
{
    public ImmutableArray<MapEntry> Entries { get; } = entries;

    public override long Size { get; } = 1 + entries.Sum(e => e.Value.Size);

    public override string Kind => "a map";

    /// <summary>The value of a key, or null where it is absent or null.</summary>
    public ConfigNode? this[string key]
    {
        get
        {
            foreach (MapEntry entry in Entries)
            {
                if (string.Equals(entry.Key.Text, key, StringComparison.Ordinal))
                {
                    return entry.Value is ScalarNode { IsNull: true } ? null : entry.Value;
                }
            }

            return null;
        }
    }

    /// <summary>The text of a key's single value, or null.</summary>
    public string? TextOf(string key) => (this[key] as ScalarNode)?.Text;

    /// <summary>This map over <paramref name="below"/>: its own values win, maps in both are laid over each other.</summary>
    public MapNode Over(MapNode? below)
    {
        if (below is null)
        {
            return this;
        }

        var entries = Entries.Select(e => e.Value is MapNode map && below[e.Key.Text] is MapNode lower
            ? e with { Value = map.Over(lower) }
            : e).ToList();
        entries.AddRange(below.Entries.Where(b => Entries.All(e => e.Key.Text != b.Key.Text)));
        return new(File, Line, [.. entries]);
    }

    /// <summary>This map without the named keys.</summary>
    public MapNode Without(params ReadOnlySpan<string> keys)
    {
        string[] left = keys.ToArray();
        return new(File, Line, [.. Entries.Where(e => !left.Contains(e.Key.Text))]);
    }
}

/// <summary>One key of a map and its value.</summary>
internal sealed record MapEntry(ScalarNode Key, ConfigNode Value);
