using Spectre.Console.Rendering;

namespace Millrace.Cli.Runs;

/// <summary>The figures of a job's tasks as lines that fit a terminal: where it is narrow, what matters least is left out.</summary>
internal sealed class ProgressTable
{
    private const string Gap = "  ";

    // By importance: the last ones go first.
    private static readonly string[] ByImportance = ["task", "rows", "left", "committed", "rate", "bytes", "lag"];
    private static readonly string[] Columns = ["task", "rows", "bytes", "rate", "lag", "left", "committed"];

    private readonly List<string[]> _rows = [];

    /// <summary>Tasks that are shown.</summary>
    public int Count => _rows.Count;

    /// <summary>Adds a task's line, or sets it.</summary>
    /// <param name="line">Its place; <see cref="Count"/> for a new one.</param>
    /// <param name="cells">Task, rows, bytes, rate, lag, left, committed.</param>
    public void Set(int line, IReadOnlyList<string> cells)
    {
        if (line == _rows.Count)
        {
            _rows.Add([]);
        }

        _rows[line] = [.. cells];
    }

    /// <summary>The lines, none wider than the terminal.</summary>
    /// <param name="width">The terminal's cells in a line.</param>
    public IEnumerable<string> Lines(int width)
    {
        int[] widths = [.. Columns.Select((name, i) => _rows.Select(r => Cells(r[i])).Append(Cells(name)).Max())];
        HashSet<string> shown = [.. ByImportance];
        for (int last = ByImportance.Length - 1; last > 1 && Total(widths, shown) > width; last--)
        {
            shown.Remove(ByImportance[last]);
        }

        int[] columns = [.. Enumerable.Range(0, Columns.Length).Where(i => shown.Contains(Columns[i]))];
        return _rows.Prepend(Columns).Select(row => Cut(string.Join(Gap, columns.Select(i => row[i] + new string(' ', widths[i] - Cells(row[i])))).TrimEnd(), width));
    }

    private static int Total(int[] widths, HashSet<string> shown) =>
        widths.Where((_, i) => shown.Contains(Columns[i])).Sum() + (Gap.Length * (shown.Count - 1));

    private static string Cut(string line, int width)
    {
        while (Cells(line) > width)
        {
            line = line[..^1];
        }

        return line;
    }

    private static int Cells(string text) => new Segment(text).CellCount();
}
