using Spectre.Console;

namespace Millrace.Cli.Output;

/// <summary>Tables and lines for people; plain text where the output is no terminal.</summary>
internal sealed class Terminal
{
    // Wide enough that a table in a file or a pipe is never wrapped.
    private const int PlainWidth = 200;

    private readonly IAnsiConsole _console;

    /// <summary>Creates one over a writer; colours and width come from it where it is the process's terminal.</summary>
    public Terminal(TextWriter output)
    {
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

    /// <summary>For what is drawn over and over.</summary>
    public IAnsiConsole Ansi => _console;

    /// <summary>A line.</summary>
    public void Line(string text = "") => _console.WriteLine(text);

    /// <summary>A table; columns whose name begins with <c>&gt;</c> are set to the right.</summary>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(TableBorder.Minimal).BorderStyle(Style.Plain);
        foreach (string column in columns)
        {
            bool right = column.StartsWith('>');
            var header = new TableColumn(new Text(right ? column[1..] : column));
            table.AddColumn(right ? header.RightAligned() : header);
        }

        foreach (IReadOnlyList<string> row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        _console.Write(table);
    }
}
