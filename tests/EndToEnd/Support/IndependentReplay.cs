using System.Diagnostics;
using System.Text.Json;

namespace Millrace.EndToEndTests.Support;

/// <summary>Runs <c>Independent/replay.py</c> on the system's Python, which has python3-bson.</summary>
internal static class IndependentReplay
{
    private static readonly string Scripts = Path.Combine(Repository.Root, "tests", "EndToEnd", "Independent");

    /// <summary>Replays a dump and a chain of oplog files.</summary>
    /// <param name="output">A folder for the documents: one <c>namespace.ndjson</c> a collection.</param>
    /// <param name="dump">The dump's folder, or null.</param>
    /// <param name="oplogs">Oplog files in order.</param>
    /// <param name="more">Further arguments.</param>
    /// <returns>Documents by namespace, as canonical Extended JSON.</returns>
    public static Dictionary<string, string[]> Run(string output, string? dump, IEnumerable<string> oplogs, params string[] more)
    {
        string[] dumpArguments = dump is null ? [] : ["--dump", dump];
        using JsonDocument summary = JsonDocument.Parse(Python("replay.py", ["--check", "--out", output, .. dumpArguments, .. more, .. oplogs]));
        return summary.RootElement.GetProperty("collections").EnumerateObject().ToDictionary(
            c => c.Name,
            c => File.ReadAllLines(Path.Combine(output, FileName(c.Name))));
    }

    /// <summary>Runs a script of this folder; its standard output.</summary>
    public static string Python(string script, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-B");
        start.ArgumentList.Add(Path.Combine(Scripts, script));
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{script} ended with {process.ExitCode}: {errors.Result}");
    }

    // As Python's urllib.parse.quote(name, safe=""): the same unreserved characters as RFC 3986.
    private static string FileName(string ns) => Uri.EscapeDataString(ns) + ".ndjson";
}
