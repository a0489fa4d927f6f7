using System.Text.RegularExpressions;

namespace Millrace.Core.Config.Secrets;

/// <summary>References to secrets inside values: <c>${NAME}</c> anywhere in a text, or <c>file:path</c> as the whole of it.</summary>
public static partial class SecretReference
{
    /// <summary>What a file reference begins with.</summary>
    public const string FilePrefix = "file:";

    /// <summary>True where the text refers to something outside the file. <c>$${</c> is a literal <c>${</c> and no reference.</summary>
    public static bool IsIn(string? text) =>
        text is not null && (text.StartsWith(FilePrefix, StringComparison.Ordinal) || VariablePattern().Matches(text).Any(m => m.Groups["name"].Success));

    /// <summary>
    /// True where a plain text holds something to keep: a password or token always, a connection string or URI only with credentials in it.
    /// </summary>
    internal static bool LooksSecret(string text)
    {
        if (text.StartsWith(FilePrefix, StringComparison.Ordinal))
        {
            return false;
        }

        // What references stand for is no plain text; what is left of the text is.
        string plain = VariablePattern().Replace(text, match => match.Groups["name"].Success ? "" : match.Value);
        return plain.Contains("://", StringComparison.Ordinal) ? UserInfoPattern().IsMatch(plain) || KeyPattern().IsMatch(plain)
            : plain.Contains('=', StringComparison.Ordinal) ? KeyPattern().IsMatch(plain)
            : plain.Length > 0;
    }

    /// <summary>One <c>${NAME}</c> (group name), or an escaped <c>$${</c>.</summary>
    [GeneratedRegex(@"\$\$\{|\$\{(?<name>[A-Za-z_][A-Za-z0-9_.]*)\}", RegexOptions.CultureInvariant)]
    internal static partial Regex VariablePattern();

    [GeneratedRegex("://[^/?#]*:[^/?#]+@", RegexOptions.CultureInvariant)]
    private static partial Regex UserInfoPattern();

    [GeneratedRegex("(password|pwd|secret|token|key)[a-z_ ]*=[^;& ]", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex KeyPattern();
}
