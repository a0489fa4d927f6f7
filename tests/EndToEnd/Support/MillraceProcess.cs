using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Millrace.EndToEndTests.Support;

/// <summary>The built <c>millrace</c> in a process of its own.</summary>
internal sealed partial class MillraceProcess : IDisposable
{
    private const int SignalInterrupt = 2;
    private const int SignalContinue = 18;
    private const int SignalStop = 19;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private MillraceProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>True when it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts a verb in a project's folder.</summary>
    public static MillraceProcess Start(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        Start(folder, environment, [], arguments);

    /// <summary>Starts a verb under another program, such as <c>prlimit</c>.</summary>
    public static MillraceProcess Start(string folder, IReadOnlyDictionary<string, string> environment, string[] under, string[] arguments)
    {
        string[] command = [.. under, .. Program(), .. arguments];
        var start = new ProcessStartInfo(command[0])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string argument in command[1..])
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["DOTNET_TieredPGO"] = "0"; // runs of a second or two are all start-up
        return new(new Process { StartInfo = start });
    }

    /// <summary>Runs a verb to its end.</summary>
    public static ProcessOutcome Run(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using MillraceProcess process = Start(folder, environment, arguments);
        return process.WaitForEnd();
    }

    /// <summary>SIGKILL: no handler runs.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
    }

    /// <summary>SIGINT, as Ctrl-C sends it.</summary>
    public void Interrupt() => SendSignal(_process.Id, SignalInterrupt);

    /// <summary>Freezes it where it is, until <see cref="Thaw"/>.</summary>
    public void Freeze() => SendSignal(_process.Id, SignalStop);

    /// <summary>Lets it go on.</summary>
    public void Thaw() => SendSignal(_process.Id, SignalContinue);

    /// <summary>Waits until it has printed a text so many times.</summary>
    /// <returns>False where it ended without.</returns>
    public bool WaitForOutput(string text, int times = 1) => WaitFor(_output, text, times);

    /// <summary>Waits until it has printed a text to standard error.</summary>
    /// <returns>False where it ended without.</returns>
    public bool WaitForError(string text) => WaitFor(_errors, text, 1);

    /// <summary>Waits for the end, or for so long.</summary>
    /// <returns>False where it still runs.</returns>
    public bool WaitForExit(TimeSpan time) => _process.WaitForExit(time);

    private bool WaitFor(StringBuilder stream, string text, int times)
    {
        for (int seen = 0; seen < 6000; seen++)
        {
            bool ended = _process.HasExited;
            string printed;
            lock (stream)
            {
                printed = stream.ToString();
            }

            if (printed.Split(text).Length > times)
            {
                return true;
            }

            if (ended)
            {
                return false;
            }

            Thread.Sleep(10);
        }

        throw new TimeoutException($"millrace did not print '{text}' within a minute: {_output}{_errors}");
    }

    /// <summary>Waits for the end and gives all that it printed.</summary>
    public ProcessOutcome WaitForEnd()
    {
        if (!_process.WaitForExit(TimeSpan.FromMinutes(5)))
        {
            _process.Kill();
            throw new TimeoutException($"millrace did not end within five minutes: {_output}{_errors}");
        }

        _process.WaitForExit();
        return new(_process.ExitCode, _output.ToString(), _errors.ToString());
    }

    public void Dispose()
    {
        Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    // What ./build.sh leaves is what users run; without it the program beside the tests is the same code.
    private static string[] Program()
    {
        string built = Path.Combine(AppContext.BaseDirectory, "millrace.dll");
        string published = Path.Combine(Repository.Root, "artifacts", "bin", "millrace");
        return File.Exists(published) ? [published] : ["dotnet", built];
    }

    private static void Append(StringBuilder target, string? line)
    {
        if (line is not null)
        {
            lock (target)
            {
                target.AppendLine(line);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}

/// <summary>How a process ended.</summary>
/// <param name="ExitCode">The exit code; 137 and 130 where a signal ended it.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
internal sealed record ProcessOutcome(int ExitCode, string Output, string Errors)
{
    /// <summary>Both streams.</summary>
    public string All => Output + Errors;

    /// <summary>Fails the test where the exit code is another.</summary>
    public ProcessOutcome ShouldExitWith(int code)
    {
        ExitCode.ShouldBe(code, All);
        return this;
    }
}
