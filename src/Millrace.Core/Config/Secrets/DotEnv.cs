using System.Collections.Immutable;

namespace Millrace.Core.Config.Secrets;

/// <summary>Reads the lines <c>NAME=value</c> of a <c>.env</c> file: <c>export</c> before the name, quotes round the value and # comments are allowed.</summary>
public static class DotEnv
{
    /// <summary>The variables; a line that is none is passed over.</summary>
    public static ImmutableDictionary<string, string> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var variables = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (string raw in text.Split('\n'))
        {
            string line = raw.Trim();
            line = line.StartsWith("export ", StringComparison.Ordinal) ? line[7..].TrimStart() : line;
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || line[0] == '#')
            {
                continue;
            }

            string value = line[(equals + 1)..].Trim();
            bool quoted = value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0];
            variables[line[..equals].TrimEnd()] = quoted ? value[1..^1] : value;
        }

        return variables.ToImmutable();
    }
}
