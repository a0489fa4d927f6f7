using System.Text;

namespace Millrace.Connectors.DuckDb;

/// <summary>Names as SQL writes them.</summary>
internal static class DuckDbIdentifier
{
    /// <summary>The parts of a quoted name, <c>"schema"."table"</c>, without their quotes. The appender takes them apart.</summary>
    /// <exception cref="FormatException">The text is not a list of quoted identifiers with dots between them.</exception>
    internal static string[] Split(string quoted)
    {
        List<string> parts = [];
        StringBuilder part = new();
        int at = 0;
        while (true)
        {
            if (at >= quoted.Length || quoted[at] != '"')
                throw new FormatException($"{quoted} is not a quoted name.");
            part.Clear();
            for (at++; at < quoted.Length; at++)
            {
                if (quoted[at] == '"' && (++at >= quoted.Length || quoted[at] != '"'))
                    break;
                part.Append(quoted[at]);
            }

            parts.Add(part.ToString());
            if (at >= quoted.Length)
                return [.. parts];
            if (quoted[at++] != '.')
                throw new FormatException($"{quoted} is not a quoted name.");
        }
    }
}
