using System.Text.RegularExpressions;

namespace Millrace.Core.Config;

/// <summary>Names of jobs, tasks and connections: they appear in paths, keys and on command lines.</summary>
internal static partial class ProjectNames
{
    public const string Rule = "Use letters, digits, _, - and dots, beginning with a letter or digit, at most 128.";

    public static bool IsValid(string name) => Pattern().IsMatch(name);

    /// <summary>An id: as a name, with slashes.</summary>
    public static bool IsValidKey(string key) => KeyPattern().IsMatch(key);

    [GeneratedRegex(@"^[\p{L}\p{Nd}][\p{L}\p{Nd}_.\-]{0,127}$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();

    [GeneratedRegex(@"^[\p{L}\p{Nd}][\p{L}\p{Nd}_./\-]{0,255}$", RegexOptions.CultureInvariant)]
    private static partial Regex KeyPattern();
}
