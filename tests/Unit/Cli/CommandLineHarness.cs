using Millrace.Cli.CommandLine;

namespace Millrace.UnitTests.Cli;

/// <summary>Runs command lines in this process.</summary>
internal static class CommandLineHarness
{
    /// <summary>What a command line returned and printed.</summary>
    public sealed record Printed(int ExitCode, string Output, string Error);

    public static async Task<Printed> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await MillraceCommandLine.RunAsync(arguments, output, error, TestContext.Current.CancellationToken);
        return new(code, output.ToString(), error.ToString());
    }
}
