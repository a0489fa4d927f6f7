using System.CommandLine;

namespace Millrace.Cli.CommandLine;

/// <summary>Options that every verb takes.</summary>
internal static class GlobalOptions
{
    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Write JSON to standard output, errors included (run and logs: one object a line).",
        Recursive = true,
    };

    /// <summary><c>--project DIR</c>.</summary>
    public static Option<string?> Project { get; } = new("--project", "-C")
    {
        Description = "The project's folder, which holds millrace.yaml [default: the current folder].",
        HelpName = "DIR",
        Recursive = true,
    };
}
