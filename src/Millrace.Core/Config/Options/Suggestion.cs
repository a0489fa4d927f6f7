namespace Millrace.Core.Config.Options;

/// <summary>Finds what a mistyped name probably meant.</summary>
public static class Suggestion
{
    /// <summary>A sentence that offers the nearest known name, else lists them all.</summary>
    public static string For(string written, IEnumerable<string> known)
    {
        string[] names = [.. known.Order(StringComparer.Ordinal)];
        string? nearest = names
            .Select(name => (Name: name, Distance: Distance(written.ToLowerInvariant(), name.ToLowerInvariant())))
            .Where(c => c.Distance <= Math.Max(2, c.Name.Length / 3))
            .OrderBy(c => c.Distance).ThenBy(c => c.Name, StringComparer.Ordinal)
            .Select(c => c.Name).FirstOrDefault();
        return nearest is not null ? $"Did you mean '{nearest}'?"
            : names.Length == 0 ? "There is none." : $"Known: {string.Join(", ", names)}.";
    }

    /// <summary>The Levenshtein distance: single-letter insertions, deletions and replacements from one to the other.</summary>
    public static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
