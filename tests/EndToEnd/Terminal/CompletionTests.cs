using System.Diagnostics;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Terminal;

/// <summary>The completion scripts in the shells themselves: they parse, and the tab key completes a verb and a job's name.</summary>
public sealed class CompletionTests : IDisposable
{
    private const string Ready = "rea''dy"; // the echo of what is typed does not hold the word

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public void A_script_parses(string shell)
    {
        TerminalProcess.Needs(shell);
        using Process process = Process.Start(new ProcessStartInfo(shell, ["-n", Script(shell)]) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        (process.ExitCode, error).ShouldBe((0, ""));
    }

    [Theory]
    [InlineData("bash", "PS1=; source {0}", "antine ", "op ", "--norc", "-i")]
    [InlineData("zsh", "PATH=$MILLRACE_PATH; PS1=; autoload -Uz compinit && compinit -u -D; source {0}", "quarantine", "shop", "-f", "-i")]
    [InlineData("fish", "source {0}", "quarantine ", "shop ", "--no-config", "-i")]
    public void The_tab_key_completes_a_verb_and_a_job(string shell, string setUp, string verb, string job, params string[] arguments)
    {
        TerminalProcess.Needs("python3");
        TerminalProcess.Needs(shell);
        Assert.SkipUnless(File.Exists(Path.Combine(Repository.Root, "artifacts", "bin", "millrace")), "artifacts/bin/millrace is not built");
        File.Copy(Path.Combine(Repository.Root, "examples", "mongodb-to-duckdb", "millrace.yaml"), _folder["millrace.yaml"]);
        string start = string.Format(null, setUp, Script(shell)) + $"; echo {Ready}\n";
        var environment = new Dictionary<string, string> { ["MILLRACE_PATH"] = TerminalProcess.SearchPath, ["HOME"] = _folder.Path };
        ProcessOutcome outcome = TerminalProcess.Run(
            _folder.Path, 200, environment,
            [("", start), ("ready", "millrace quar\t"), (verb, "\u0015millrace run sh\t"), (job, "\u0015exit\n")],
            [shell, .. arguments]);

        outcome.ShouldExitWith(0);
    }

    [Fact]
    public void Bash_offers_only_what_begins_with_the_word()
    {
        TerminalProcess.Needs("bash");
        var start = new ProcessStartInfo("bash", ["-c", $"source {Script("bash")}; COMP_LINE='millrace che' COMP_POINT=12 COMP_WORDS=(millrace che) COMP_CWORD=1; _millrace; echo \"${{COMPREPLY[@]}}\""])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["PATH"] = TerminalProcess.SearchPath;
        using Process process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd().Trim().ShouldBe("check checkpoints"); // and not "schema"
    }

    private string Script(string shell)
    {
        string file = _folder["completion." + shell];
        File.WriteAllText(file, MillraceProcess.Run(_folder.Path, new Dictionary<string, string>(), "completion", shell).ShouldExitWith(0).Output);
        return file;
    }
}
