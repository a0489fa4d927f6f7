using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Millrace.Core.Config.Secrets;

/// <summary>
/// Takes known secrets out of texts that drivers and libraries made: the last line of defence for messages and logs. Knows of a connection
/// string or URI also the password inside, as written and decoded, and of each also the form that stands in a URI. Values under four letters are too common to look for.
/// </summary>
public sealed partial class SecretScrubber
{
    private const int ShortestSecret = 4;
    private readonly ConcurrentDictionary<string, bool> _secrets = new(StringComparer.Ordinal);

    /// <summary>Remembers a secret.</summary>
    public void Add(string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        Remember(secret);
        foreach (Match match in PasswordPattern().Matches(secret))
        {
            Remember(match.Groups["password"].Value);
            Remember(Uri.UnescapeDataString(match.Groups["password"].Value));
        }
    }

    /// <summary>The text with <c>***</c> for every secret in it.</summary>
    public string Scrub(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // The longest first, so that a URI goes whole before the password inside it.
        foreach (string secret in _secrets.Keys.OrderByDescending(s => s.Length))
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        return text;
    }

    private void Remember(string secret)
    {
        if (secret.Length >= ShortestSecret)
        {
            _secrets.TryAdd(secret, true);
            _secrets.TryAdd(Uri.EscapeDataString(secret), true);
        }
    }

    [GeneratedRegex(
        "://[^/?#:@]*:(?<password>[^/?#]*)@"
        + "|(password|pwd|secret|token|key)[a-z_ ]*=\\s*(\"(?<password>[^\"]+)\"|'(?<password>[^']+)'|(?<password>[^;&\"']+))",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PasswordPattern();
}
