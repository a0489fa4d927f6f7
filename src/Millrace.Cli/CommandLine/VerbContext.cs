using System.CommandLine;
using Millrace.Cli.Output;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Errors;

namespace Millrace.Cli.CommandLine;

/// <summary>What a verb is called with.</summary>
internal sealed class VerbContext(ParseResult result)
{
    /// <summary>The verb's words, such as <c>checkpoints set</c>.</summary>
    public ParseResult Result => result;

    /// <summary>True where the output is for a program.</summary>
    public bool Json { get; } = result.GetValue(GlobalOptions.Json);

    /// <summary>The folder of the project, absolute.</summary>
    public string ProjectDirectory { get; } = Path.GetFullPath(result.GetValue(GlobalOptions.Project) ?? ".");

    /// <summary>Standard output.</summary>
    public TextWriter Out => result.InvocationConfiguration.Output;

    /// <summary>Standard error.</summary>
    public TextWriter Error => result.InvocationConfiguration.Error;

    /// <summary>Tables and lines for people.</summary>
    public Terminal Terminal => field ??= new Terminal(Out);

    /// <summary>Knows every secret that the verb has resolved. What drivers and sources say goes through it before it is printed.</summary>
    public SecretScrubber Secrets { get; } = new();

    /// <summary>An error as it may be printed.</summary>
    public ReportedError Report(MillraceException error) => ReportedError.Of(error, Secrets);

    /// <summary>The value of an option.</summary>
    public T? Get<T>(Option<T> option) => result.GetValue(option);

    /// <summary>The value of an argument.</summary>
    public T? Get<T>(Argument<T> argument) => result.GetValue(argument);
}
