using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Nodes;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Errors;

namespace Millrace.Core.Config.Options;

/// <summary>
/// Fills option classes from a map: types, bounds, required and unknown settings, every problem reported. Values with a secret reference are
/// taken as they are where the option is text, and left at their default elsewhere: a connection's are bound again once resolved.
/// </summary>
internal sealed class OptionBinder(ProblemList problems)
{
    private const string CutAtComma = "Within braces a comma ends a value; write it in quotes, such as \"decimal(20,2)\".";

    /// <summary>True (the default) to report required settings that are missing.</summary>
    public bool ReportsMissing { get; init; } = true;

    /// <summary>True (the default) to report settings that no class declares.</summary>
    public bool ReportsUnknown { get; init; } = true;

    /// <summary>True (the default) to expect references in values; false once they are resolved, when values must not be shown.</summary>
    public bool HasReferences { get; init; } = true;

    /// <summary>True where references are resolved later; elsewhere only a text may hold one.</summary>
    public bool ResolvesReferences { get; init; }

    /// <summary>Binds one class.</summary>
    public T Bind<T>(MapNode map, string path)
        where T : class => (T)Bind(map, path, typeof(T))[0];

    /// <summary>Binds several classes whose settings stand in one map.</summary>
    public object[] Bind(MapNode map, string path, params Type[] types)
    {
        var known = types.SelectMany(t => OptionDescription.Of(t)).Select(o => o.Name).ToList();
        foreach (MapEntry entry in map.Entries)
        {
            // The rest of a value that a comma cut off is told with the value.
            bool isRest = entry.Key.Text is [.., ')'] && entry.Value is ScalarNode { IsNull: true };
            if (ReportsUnknown && !isRest && !known.Contains(entry.Key.Text))
            {
                problems.Error(ErrorCodes.UnknownSetting, entry.Key, Join(path, entry.Key.Text), $"There is no setting '{entry.Key.Text}' here.",
                    Suggestion.For(entry.Key.Text, known));
            }
        }

        return [.. types.Select(type => BindOne(map, path, type))];
    }

    /// <summary>A setting's path within another's.</summary>
    public static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private object BindOne(MapNode map, string path, Type type)
    {
        object target = Activator.CreateInstance(type)
            ?? throw new InvalidOperationException($"{type} needs a constructor without parameters.");
        foreach (OptionDescription option in OptionDescription.Of(type))
        {
            string optionPath = Join(path, option.Name);
            object? value = null;
            if (map[option.Name] is { } node)
            {
                value = Convert(node, optionPath, option);
            }
            else if (option.Required && ReportsMissing)
            {
                problems.Error(ErrorCodes.MissingSetting, map, optionPath, $"The setting '{option.Name}' is missing.",
                    option.Example is null ? option.Meaning : $"{option.Meaning} For example: {option.Name}: {option.Example}");
            }
            else if (option.Default is not null)
            {
                value = Convert(new ScalarNode(map.File, map.Line, option.Default, isPlain: true), optionPath, option);
            }

            if (value is not null)
            {
                option.Property.SetValue(target, value);
            }
        }

        return target;
    }

    private object? Convert(ConfigNode node, string path, OptionDescription option)
    {
        if (option.ElementType is null)
        {
            return ConvertOne(node, path, option);
        }

        // A list may be written as one value.
        ImmutableArray<ConfigNode> items = node is ListNode list ? list.Items : [node];
        Array values = Array.CreateInstance(option.ElementType, items.Length);
        bool complete = true;
        for (int i = 0; i < items.Length; i++)
        {
            object? value = ConvertOne(items[i], node is ListNode ? $"{path}[{i}]" : path, option);
            complete &= value is not null;
            values.SetValue(value, i);
        }

        return !complete ? null : ToDeclaredList(option, values);
    }

    private static object ToDeclaredList(OptionDescription option, Array values) =>
        option.Property.PropertyType is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>)
            ? typeof(System.Runtime.InteropServices.ImmutableCollectionsMarshal)
                .GetMethod(nameof(System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray), BindingFlags.Public | BindingFlags.Static)!
                .MakeGenericMethod(option.ElementType!).Invoke(null, [values])!
            : values;

    private object? ConvertOne(ConfigNode node, string path, OptionDescription option)
    {
        if (!option.Children.IsEmpty)
        {
            return ConvertGroup(node, path, option);
        }

        if (option.ValueType == typeof(StructuredText) && node is not ScalarNode)
        {
            return new StructuredText(NodeJson.Of(node)!.ToJsonString());
        }

        if (node is not ScalarNode scalar || scalar.IsNull)
        {
            problems.Error(ErrorCodes.InvalidValue, node, path, $"'{option.Name}' takes {option.TypeName}, not {(node is ScalarNode ? "nothing" : node.Kind)}.");
            return null;
        }

        return ConvertScalar(scalar, path, option);
    }

    private object? ConvertScalar(ScalarNode scalar, string path, OptionDescription option)
    {
        if (HasReferences && option.Secret && SecretReference.LooksSecret(scalar.Text))
        {
            problems.Warning(ErrorCodes.PlainSecret, scalar, path, $"'{option.Name}' stands here as plain text.",
                $"Write {option.Name}: \"${{NAME}}\" and set NAME in the environment, or {option.Name}: file:path.");
        }

        if (HasReferences && SecretReference.IsIn(scalar.Text))
        {
            return option.ValueType == typeof(string) ? scalar.Text : Unresolved(scalar, path, option);
        }

        if (!ScalarParser.TryParse(option.ValueType, scalar.Text, out object? value, out string expected))
        {
            string shown = option.Secret || !HasReferences ? "the value" : $"'{scalar.Text}'";
            bool isCut = scalar.Text.Contains('(', StringComparison.Ordinal) && !scalar.Text.Contains(')', StringComparison.Ordinal);
            string? fix = isCut ? CutAtComma
                : !HasReferences ? FixReferred(option, expected)
                : option.ValueType.IsEnum ? Suggestion.For(scalar.Text, option.Values)
                : null;
            problems.Error(ErrorCodes.InvalidValue, scalar, path, $"'{option.Name}' must be {expected}; {shown} is not.", fix);
            return null;
        }

        return IsWithinBounds(value!, option, scalar, path) ? value : null;
    }

    private object? Unresolved(ScalarNode scalar, string path, OptionDescription option)
    {
        if (!ResolvesReferences)
        {
            problems.Error(ErrorCodes.InvalidValue, scalar, path, $"'{option.Name}' takes no reference.",
                "Write the value itself; references stand in the settings of connections.");
        }

        return null;
    }

    private object? ConvertGroup(ConfigNode node, string path, OptionDescription option)
    {
        if (node is MapNode map)
        {
            return Bind(map, path, option.ValueType)[0];
        }

        var shorthand = option.ValueType.GetCustomAttribute<ShorthandAttribute>();
        if (shorthand is null || node is not ScalarNode scalar)
        {
            problems.Error(ErrorCodes.InvalidValue, node, path, $"'{option.Name}' takes a map of settings, not {node.Kind}.",
                $"Settings: {string.Join(", ", option.Children.Select(c => c.Name))}.");
            return null;
        }

        var entries = shorthand.Options.Select(name => new MapEntry(new(scalar.File, scalar.Line, name, isPlain: true), scalar));
        return Bind(new(scalar.File, scalar.Line, [.. entries]), path, option.ValueType)[0];
    }

    /// <summary>The bounds that a value does not keep to, in words, or null.</summary>
    internal static string? BoundsBroken(object value, OptionDescription option)
    {
        bool above = option.Min is null || (ScalarParser.TryParse(option.ValueType, option.Min, out object? min, out _) && ScalarParser.Compare(value, min!) >= 0);
        bool below = option.Max is null || (ScalarParser.TryParse(option.ValueType, option.Max, out object? max, out _) && ScalarParser.Compare(value, max!) <= 0);
        return above && below ? null : (option.Min, option.Max) switch
        {
            (not null, not null) => $"from {option.Min} to {option.Max}",
            (not null, null) => $"at least {option.Min}",
            _ => $"at most {option.Max}",
        };
    }

    // What stands in the file itself was found fault with when it was read.
    private static string FixReferred(OptionDescription option, string expected) =>
        $"Change what the reference in '{option.Name}' stands for to {expected}.";

    private bool IsWithinBounds(object value, OptionDescription option, ScalarNode scalar, string path)
    {
        if (BoundsBroken(value, option) is not { } bounds)
        {
            return true;
        }

        string shown = option.Secret || !HasReferences ? "the value" : $"'{scalar.Text}'";
        problems.Error(ErrorCodes.InvalidValue, scalar, path, $"'{option.Name}' must be {bounds}; {shown} is not.",
            HasReferences ? null : FixReferred(option, bounds));
        return false;
    }
}
