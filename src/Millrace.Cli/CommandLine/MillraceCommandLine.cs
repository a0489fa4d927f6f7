using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Millrace.Cli.Output;
using Millrace.Cli.Verbs;
using Millrace.Core.Errors;

namespace Millrace.Cli.CommandLine;

/// <summary>The command line as a whole: the verbs, and one way to run them that tests use as well as <c>Main</c>.</summary>
internal static class MillraceCommandLine
{
    /// <summary>Builds the tree of verbs. Touches no connector, so that <c>--version</c> and help start at once.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand("Moves what changed, and only that, from operational systems into warehouses, lakes and databases.");
        root.Options.Add(GlobalOptions.Json);
        root.Options.Add(GlobalOptions.Project);
        foreach (Verb verb in VerbList.All())
        {
            root.Subcommands.Add(verb);
        }

        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Aliases.Remove("/h");
        help.Aliases.Remove("/?");
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root;
    }

    /// <summary>Runs one command line.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        ParseResult result = Create().Parse(arguments);
        if (result.Errors.Count > 0 && result.Action is ParseErrorAction)
        {
            return Refuse(result, output, error);
        }

        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        return await result.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
    }

    private static int Refuse(ParseResult result, TextWriter output, TextWriter error)
    {
        string words = string.Join(' ', Words(result.CommandResult));
        string fix = $"See {words} --help.";
        IEnumerable<string> messages = UnknownVerb(result) is { } unknown ? [unknown] : result.Errors.Select(ParseErrorText.Of);
        ReportedError[] errors = [.. messages.Select(m => new ReportedError(ErrorCodes.InvalidConfiguration, m, fix, null, null, false))];
        if (result.GetValue(GlobalOptions.Json))
        {
            ErrorPrinter.PrintJson(output, errors);
        }
        else
        {
            ErrorPrinter.Print(error, errors);
        }

        return ExitCodes.Invalid;
    }

    // That a command is missing and that this one is unknown are one mistake, and what follows the word is read for a command that is not there.
    private static string? UnknownVerb(ParseResult result)
    {
        Command command = result.CommandResult.Command;
        string? word = result.UnmatchedTokens.FirstOrDefault(t => !t.StartsWith('-'));
        return word is null || command.Subcommands.Count == 0 ? null
            : $"There is no command '{word}'. {Offer(word, [.. command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)])}";
    }

    // A slip of a letter or two leaves the other letters as they were, swapped ones too.
    private static string Offer(string word, string[] known)
    {
        string? nearest = known
            .Select(k => (Name: k, Differing: k.Except(word).Count() + word.Except(k).Count() + Math.Abs(k.Length - word.Length)))
            .Where(k => k.Differing <= 2)
            .OrderBy(k => k.Differing).Select(k => k.Name).FirstOrDefault();
        return nearest is null ? $"Known: {string.Join(", ", known)}." : $"Did you mean '{nearest}'?";
    }

    private static IEnumerable<string> Words(CommandResult command) =>
        command.Parent is CommandResult parent ? Words(parent).Append(command.Command.Name) : ["millrace"];
}
