namespace Millrace.Connectors.MongoDb.Native;

/// <summary>What no message may show of a connection string: itself, and its password however it is written.</summary>
internal sealed class MongoSecrets
{
    private readonly string[] _secrets;

    /// <summary>The secrets of a connection string.</summary>
    /// <param name="uri">The connection string.</param>
    /// <param name="password">Its password, decoded; null where it has none or cannot be read.</param>
    public MongoSecrets(string uri, string? password)
    {
        // Where the driver cannot read it, what stands between the first colon and the last @ may be a password.
        string authority = uri[(uri.IndexOf("://", StringComparison.Ordinal) is >= 0 and int at ? at + 3 : 0)..];
        int end = authority.LastIndexOf('@');
        string written = end > 0 && authority.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon && colon < end ? authority[(colon + 1)..end] : "";
        string decoded = password ?? Uri.UnescapeDataString(written);
        _secrets = [.. new[] { uri, written, decoded, Uri.EscapeDataString(decoded) }
            .Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).OrderByDescending(s => s.Length)];
    }

    /// <summary>The text with <c>***</c> in the place of every secret.</summary>
    public string Scrub(string text)
    {
        foreach (string secret in _secrets)
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        return text;
    }
}
