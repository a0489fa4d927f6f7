using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Core.Schemas;

/// <summary>
/// How a source's field names become a destination's column or table names. Names are kept as they are where the destination can hold them
/// (identifiers are always quoted); what it cannot hold is shortened or suffixed, never merged and never lost.
/// </summary>
/// <param name="MaxBytes">Longest identifier in UTF-8 bytes (63 in PostgreSQL).</param>
/// <param name="IgnoresCase">True where two names that differ only in case are one column (DuckDB).</param>
public sealed record NamingRule(int MaxBytes, bool IgnoresCase)
{
    private const int SuffixLength = 7; // underscore and six hex digits

    /// <summary>
    /// Names that no column may have because the destination has a column of that name in every table (<c>ctid</c>, <c>rowid</c>); compared as
    /// the set's comparer says.
    /// </summary>
    public ImmutableHashSet<string> Reserved { get; init; } = [];

    /// <summary>
    /// The name for <paramref name="source"/>. Stable: the same source over the same taken names gives the same answer, and the plain name
    /// wherever it is free.
    /// </summary>
    /// <param name="source">The field's name or path.</param>
    /// <param name="isTaken">Tells whether another field has the name already, case as <see cref="IgnoresCase"/> says.</param>
    public string Map(string source, Func<string, bool> isTaken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(isTaken);
        string plain = Clean(source);
        if (Encoding.UTF8.GetByteCount(plain) <= MaxBytes && !Reserved.Contains(plain) && !isTaken(plain))
        {
            return plain;
        }

        // The suffix is a hash of the whole source name, so that it does not depend on what came first.
        for (int salt = 0; ; salt++)
        {
            string candidate = Truncate(plain, MaxBytes - SuffixLength) + "_" + Hash(source, salt);
            if (!isTaken(candidate))
            {
                return candidate;
            }
        }
    }

    private static string Clean(string source)
    {
        string name = source.Length == 0 ? "empty" : source.Replace("\0", "_", StringComparison.Ordinal);
        return name.StartsWith(SystemColumns.Prefix, StringComparison.OrdinalIgnoreCase) ? "_" + name : name;
    }

    private static string Truncate(string name, int bytes)
    {
        int length = 0;
        int used = 0;
        foreach (Rune rune in name.EnumerateRunes())
        {
            if (used + rune.Utf8SequenceLength > bytes)
            {
                break;
            }

            used += rune.Utf8SequenceLength;
            length += rune.Utf16SequenceLength;
        }

        return name[..length];
    }

    private static string Hash(string source, int salt)
    {
        string text = salt == 0 ? source : source + "\0" + salt.ToString(CultureInfo.InvariantCulture);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 3));
    }
}
