using System.Collections.Immutable;
using Millrace.Core.Errors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Millrace.Core.Config.Yaml;

/// <summary>
/// Reads a YAML text into nodes that know their line. Anchors, aliases and merge keys (<c>&lt;&lt;</c>) work; depth and expansion are bounded;
/// a key that stands twice in one map is a problem, not a silent choice.
/// </summary>
internal sealed class YamlReader
{
    private const int MaxDepth = 64;
    private const int MaxNodes = 200_000;

    private readonly string _file;
    private readonly string _text;
    private readonly ProblemList _problems;
    private readonly Parser _parser;
    private readonly Dictionary<string, ConfigNode> _anchors = [];
    private int _depth;

    private YamlReader(ProjectFile file, ProblemList problems)
    {
        _file = file.Path;
        _text = file.Text;
        _problems = problems;
        _parser = new(new StringReader(file.Text));
    }

    /// <summary>The file's map; null where it is empty or broken (then a problem says so).</summary>
    public static MapNode? Read(ProjectFile file, ProblemList problems)
    {
        var reader = new YamlReader(file, problems);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException exception)
        {
            reader.Report(exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // YamlDotNet's scanner lets these out for some broken flow collections, such as "[1, 2" before a line "b: 3".
            reader.Report(reader._parser.Current?.End.Line ?? 1, "What follows cannot be read as YAML.");
        }

        return null;
    }

    private void Report(YamlException exception)
    {
        // The parser points at the start of what it was reading when it met the tab.
        if (exception.Message.Contains("tab", StringComparison.Ordinal) && FindTab((int)Math.Max(1, exception.Start.Line)) is { } line)
        {
            Report(line, "A tab stands where the line is indented.", "Indent with spaces.");
            return;
        }

        Report(exception.Start.Line, WithoutPosition(exception.Message));
    }

    /// <summary>The first line from <paramref name="from"/> on that is indented with a tab, or null.</summary>
    private int? FindTab(int from)
    {
        int line = 0;
        foreach (ReadOnlySpan<char> text in _text.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> indentation = text[..(text.Length - text.TrimStart(" \t").Length)];
            if (++line >= from && indentation.Contains('\t'))
            {
                return line;
            }
        }

        return null;
    }

    private void Report(
        long line, string message, string fix = "Check the indentation, and quote values that hold a colon, a hash, braces or brackets.") =>
        _problems.Add(new(ErrorCodes.InvalidYaml, false, _file, (int)Math.Clamp(line, 1, int.MaxValue), "", message, fix));

    private MapNode? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
        {
            return null;
        }

        _parser.Consume<DocumentStart>();
        ConfigNode root = ReadNode();
        _parser.Consume<DocumentEnd>();
        if (!_parser.Accept<StreamEnd>(out StreamEnd? _))
        {
            _problems.Add(new(ErrorCodes.InvalidYaml, false, _file, (int)_parser.Current!.Start.Line, "",
                "There is a second document in the file.", "Remove the line with --- and what follows, or make it a file of its own."));
        }

        switch (root)
        {
            case MapNode map:
                return map;
            case ScalarNode { IsNull: true }:
                return null;
            default:
                _problems.Error(ErrorCodes.InvalidYaml, root, "", $"The file must hold a map of settings, not {root.Kind}.");
                return null;
        }
    }

    private ConfigNode ReadNode()
    {
        if (_parser.TryConsume<AnchorAlias>(out AnchorAlias? alias))
        {
            return _anchors.TryGetValue(alias.Value.Value, out ConfigNode? target)
                ? target
                : throw new YamlException(alias.Start, alias.End, $"The alias *{alias.Value} refers to no anchor before it.");
        }

        if (_parser.TryConsume<Scalar>(out Scalar? scalar))
        {
            return Remember(scalar.Anchor, new ScalarNode(_file, (int)scalar.Start.Line, scalar.Value, scalar.Style == ScalarStyle.Plain));
        }

        if (++_depth > MaxDepth)
        {
            throw new YamlException(_parser.Current!.Start, _parser.Current.End, $"The file is nested deeper than {MaxDepth} levels.");
        }

        ConfigNode node = _parser.TryConsume<SequenceStart>(out SequenceStart? list) ? ReadList(list) : ReadMap(_parser.Consume<MappingStart>());
        _depth--;
        return node.Size <= MaxNodes
            ? node
            : throw new YamlException(_parser.Current!.Start, _parser.Current.End, $"The file has more than {MaxNodes} values.");
    }

    private ConfigNode ReadList(SequenceStart start)
    {
        var items = ImmutableArray.CreateBuilder<ConfigNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode());
        }

        return Remember(start.Anchor, new ListNode(_file, (int)start.Start.Line, items.ToImmutable()));
    }

    private ConfigNode ReadMap(MappingStart start)
    {
        var entries = ImmutableArray.CreateBuilder<MapEntry>();
        var merged = new List<MapNode>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            ConfigNode keyNode = ReadNode();
            ConfigNode value = ReadNode();
            if (keyNode is not ScalarNode key)
            {
                _problems.Error(ErrorCodes.InvalidYaml, keyNode, "", $"A key must be a single value, not {keyNode.Kind}.");
            }
            else if (key is { Text: "<<", IsPlain: true })
            {
                merged.AddRange(value is ListNode list ? list.Items.OfType<MapNode>() : value is MapNode map ? [map] : []);
            }
            else if (entries.FirstOrDefault(e => e.Key.Text == key.Text) is { } first)
            {
                _problems.Error(ErrorCodes.Duplicate, key, key.Text, $"'{key.Text}' stands twice in one map, first at line {first.Key.Line}.",
                    "Remove one of them.");
            }
            else
            {
                entries.Add(new(key, value));
            }
        }

        foreach (MapEntry entry in merged.SelectMany(m => m.Entries))
        {
            if (entries.All(e => e.Key.Text != entry.Key.Text))
            {
                entries.Add(entry);
            }
        }

        return Remember(start.Anchor, new MapNode(_file, (int)start.Start.Line, entries.ToImmutable()));
    }

    private ConfigNode Remember(AnchorName anchor, ConfigNode node)
    {
        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = node;
        }

        return node;
    }

    // YamlDotNet puts "(Line: 3, Col: 1, Idx: 20) - (…): " before its messages; ours say file and line already.
    private static string WithoutPosition(string message)
    {
        int end = message.LastIndexOf("): ", StringComparison.Ordinal);
        return message.StartsWith("(Line", StringComparison.Ordinal) && end > 0 ? message[(end + 3)..] : message;
    }
}
