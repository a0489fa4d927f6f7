using System.Diagnostics;
using System.Text.Json;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Terminal;

/// <summary>Programs on a pseudo terminal (<c>terminal.py</c>).</summary>
internal static class TerminalProcess
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="folder">Where it starts; its <c>PATH</c> holds the built <c>millrace</c> first.</param>
    /// <param name="columns">The terminal's width.</param>
    /// <param name="environment">What is set besides.</param>
    /// <param name="steps">Texts to wait for, and what is typed then.</param>
    /// <param name="command">The program and its arguments.</param>
    public static ProcessOutcome Run(
        string folder, int columns, IReadOnlyDictionary<string, string> environment, (string Wait, string Type)[] steps, params string[] command)
    {
        string script = Path.Combine(Repository.Root, "tests", "EndToEnd", "Terminal", "terminal.py");
        string json = JsonSerializer.Serialize(steps.Select(s => new[] { s.Wait, s.Type }));
        var start = new ProcessStartInfo("python3", [script, $"{columns}", json, .. command])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = SearchPath;
        start.Environment["TERM"] = "xterm";
        start.Environment.Remove("NO_COLOR");
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string drawn = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, drawn, errors.GetAwaiter().GetResult());
    }

    /// <summary>The search path with the built program first.</summary>
    public static string SearchPath => $"{Path.Combine(Repository.Root, "artifacts", "bin")}:{Environment.GetEnvironmentVariable("PATH")}";

    /// <summary>Skips the test where a program is not installed.</summary>
    public static void Needs(string program) => Assert.SkipUnless(
        SearchPath.Split(':').Any(folder => File.Exists(Path.Combine(folder, program))), $"{program} is not installed");
}
