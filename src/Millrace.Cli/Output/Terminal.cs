using Spectre.Console;
using Spectre.Console.Rendering;

namespace Millrace.Cli.Output;

/// <summary>Tables and lines for people; plain text where the output is no terminal.</summary>
internal sealed class Terminal
{
    // Wide enough that a table in a file or a pipe is never wrapped.
    private const int PlainWidth = 200;

    private readonly IAnsiConsole _console;
    private readonly TextWriter _output;

    /// <summary>Creates one over a writer; colours and width come from it where it is the process's terminal.</summary>
    public Terminal(TextWriter output)
    {
        _output = output;
        IsInteractive = ReferenceEquals(output, System.Console.Out) && !System.Console.IsOutputRedirected;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = IsInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = IsInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = IsInteractive ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!IsInteractive)
        {
            _console.Profile.Width = PlainWidth;
        }
    }

    /// <summary>True where a person looks at a terminal.</summary>
    public bool IsInteractive { get; }

    /// <summary>True where what is drawn can be drawn over: not on a dumb terminal.</summary>
    public bool CanRedraw => IsInteractive && _console.Profile.Capabilities.Ansi;

    /// <summary>For what is drawn over and over.</summary>
    public IAnsiConsole Ansi => _console;

    /// <summary>A line.</summary>
    public void Line(string text = "") => _console.WriteLine(text);

    /// <summary>A table; columns whose name begins with <c>&gt;</c> are set to the right. Drawn on a terminal, plain columns elsewhere.</summary>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (IsInteractive)
        {
            Draw(columns, rows);
        }
        else
        {
            Align(columns, [.. rows]);
        }
    }

    private void Draw(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(TableBorder.Minimal).BorderStyle(Style.Plain);
        foreach (string column in columns)
        {
            var header = new TableColumn(new Text(column.TrimStart('>')));
            table.AddColumn(column.StartsWith('>') ? header.RightAligned() : header);
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        _console.Write(table);
    }

    private void Align(IReadOnlyList<string> columns, IReadOnlyList<string>[] rows)
    {
        int[] widths = [.. columns.Select((c, i) => rows.Select(r => Width(r[i])).Append(Width(c.TrimStart('>'))).Max())];
        foreach (IReadOnlyList<string> row in rows.Prepend([.. columns.Select(c => c.TrimStart('>'))]))
        {
            IEnumerable<string> cells = row.Select((cell, i) =>
            {
                string space = new(' ', widths[i] - Width(cell));
                return columns[i].StartsWith('>') ? space + cell : cell + space;
            });
            _output.WriteLine(string.Join("  ", cells).TrimEnd());
        }
    }

    // Cells, not characters: 東京 takes four.
    private static int Width(string text) => new Segment(text).CellCount();
}
