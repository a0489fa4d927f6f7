using Millrace.Cli.CommandLine;

namespace Millrace.EndToEndTests.Support;

/// <summary>Command lines of one project, run in this process: many of them take no longer than a few of the program's.</summary>
/// <param name="folder">The project's folder.</param>
internal sealed class CommandLineShell(TemporaryFolder folder)
{
    /// <summary>Runs one line, its words parted by single spaces.</summary>
    public async Task<ProcessOutcome> RunAsync(string line)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await MillraceCommandLine.RunAsync(
            [.. line.Split(' '), "--project", folder.Path], output, error, TestContext.Current.CancellationToken);
        return new(code, output.ToString(), error.ToString());
    }
}
