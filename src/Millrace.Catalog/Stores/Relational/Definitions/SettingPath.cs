using System.Buffers;
using System.Globalization;
using System.Text;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>
/// The path of a connection's setting: names joined by dots, <c>[2]</c> for an item of a list, <c>[]</c> and <c>{}</c> at the end for an empty list and
/// map. A name that holds one of these signs stands in double quotes, its own doubled.
/// </summary>
internal static class SettingPath
{
    private static readonly SearchValues<char> Signs = SearchValues.Create(".[]{}\"");

    /// <summary>What an empty list ends with.</summary>
    public const string EmptyList = "[]";

    /// <summary>What an empty map ends with.</summary>
    public const string EmptyMap = "{}";

    /// <summary>A name within a path.</summary>
    public static string Join(string path, string name)
    {
        string written = name.Length == 0 || name.AsSpan().ContainsAny(Signs) ? $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : name;
        return path.Length == 0 ? written : $"{path}.{written}";
    }

    /// <summary>The parts of a path: names as text, places in lists as numbers, the marks of what is empty; null where it is no path.</summary>
    public static List<object>? Parse(string path)
    {
        List<object> parts = [];
        int at = 0;
        while (at < path.Length)
        {
            if (path.AsSpan(at) is EmptyList or EmptyMap)
            {
                parts.Add(path.AsSpan(at) is EmptyList ? EmptyListMark : EmptyMapMark);
                return parts;
            }

            if (path[at] == '[' ? !ReadIndex(path, ref at, parts) : !ReadName(path, ref at, parts))
            {
                return null;
            }
        }

        return parts.Count == 0 ? null : parts;
    }

    /// <summary>Stands in <see cref="Parse"/> for an empty list.</summary>
    public static readonly object EmptyListMark = new();

    /// <summary>Stands in <see cref="Parse"/> for an empty map.</summary>
    public static readonly object EmptyMapMark = new();

    private static bool ReadIndex(string path, ref int at, List<object> parts)
    {
        int end = path.IndexOf(']', at);
        if (end < 0 || parts.Count == 0 || !int.TryParse(path.AsSpan(at + 1, end - at - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int index))
        {
            return false;
        }

        parts.Add(index);
        at = end + 1;
        return true;
    }

    private static bool ReadName(string path, ref int at, List<object> parts)
    {
        if (parts.Count > 0 && path[at++] != '.')
        {
            return false;
        }

        if (at < path.Length && path[at] == '"')
        {
            return ReadQuoted(path, ref at, parts);
        }

        int length = path.AsSpan(at).IndexOfAny(".[{");
        string name = length < 0 ? path[at..] : path.Substring(at, length);
        at += name.Length;
        parts.Add(name);
        return name.Length > 0 && !name.AsSpan().ContainsAny("]}\"");
    }

    private static bool ReadQuoted(string path, ref int at, List<object> parts)
    {
        var name = new StringBuilder();
        for (at++; at < path.Length; at++)
        {
            if (path[at] != '"')
            {
                name.Append(path[at]);
            }
            else if (at + 1 < path.Length && path[at + 1] == '"')
            {
                name.Append(path[at++]);
            }
            else
            {
                at++;
                parts.Add(name.ToString());
                return true;
            }
        }

        return false;
    }
}
