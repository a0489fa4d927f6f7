using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Millrace.IntegrationTests.MongoSimulators;

/// <summary>Runs clients that others made: Debian's pymongo, and MongoDB's Node driver.</summary>
internal static class SimulatorClients
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static string Folder { get; } = Path.Combine(Path.GetDirectoryName(SourceFile())!, "Clients");

    /// <summary>Runs a scenario of <c>pymongo_client.py</c>, which says <c>passed</c> at its end.</summary>
    public static Task PyMongoAsync(string scenario, string uri, params string[] more) => PyMongoAsync(scenario, uri, static () => Task.CompletedTask, more);

    /// <summary>As the other, but does something once the scenario says that it is ready.</summary>
    public static Task PyMongoAsync(string scenario, string uri, Func<Task> whenReady, params string[] more) =>
        RunAsync("/usr/bin/python3", ["-B", Path.Combine(Folder, "pymongo_client.py"), scenario, uri, .. more], whenReady);

    /// <summary>Runs a scenario of <c>driver_client.mjs</c>, which says <c>passed</c> at its end.</summary>
    public static Task NodeAsync(string scenario, string uri) =>
        RunAsync("node", [Path.Combine(Folder, "driver_client.mjs"), scenario, uri], static () => Task.CompletedTask);

    /// <summary>Runs the replay of oplogs that is written in Python for the end-to-end tests.</summary>
    public static Task ReplayAsync(params string[] arguments) =>
        RunAsync("/usr/bin/python3", ["-B", Path.Combine(Folder, "..", "..", "..", "EndToEnd", "Independent", "replay.py"), .. arguments], static () => Task.CompletedTask, last: null);

    private static async Task RunAsync(string program, string[] arguments, Func<Task> whenReady, string? last = "passed")
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var limit = new CancellationTokenSource(Limit);
        Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
        string? said = null;
        try
        {
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                said = line;
                if (line == "ready")
                {
                    await whenReady();
                }
            }

            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        process.ExitCode.ShouldBe(0, await errors);
        if (last is not null)
        {
            said.ShouldBe(last);
        }
    }

    private static string SourceFile([CallerFilePath] string path = "") => path;
}
