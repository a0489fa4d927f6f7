namespace Millrace.Core.Engine.Shaping.Nesting;

/// <summary>Paths into documents: field names with dots between them; a dot or backslash inside a name stands behind a backslash.</summary>
internal static class SourcePath
{
    /// <summary>Appends a field's name to the path of the object that holds it.</summary>
    public static string Append(string path, string name) => path.Length == 0 ? Escape(name) : path + "." + Escape(name);

    /// <summary>A field's name as one part of a path.</summary>
    public static string Escape(string name) =>
        name.AsSpan().ContainsAny('.', '\\')
            ? name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(".", "\\.", StringComparison.Ordinal)
            : name;

    /// <summary>The names in a path.</summary>
    public static string[] Split(string path)
    {
        List<string> parts = [];
        var part = new System.Text.StringBuilder();
        for (int i = 0; i < path.Length; i++)
        {
            switch (path[i])
            {
                case '\\' when i + 1 < path.Length:
                    part.Append(path[++i]);
                    break;
                case '.':
                    parts.Add(part.ToString());
                    part.Clear();
                    break;
                default:
                    part.Append(path[i]);
                    break;
            }
        }

        parts.Add(part.ToString());
        return [.. parts];
    }
}
