using System.CommandLine.Completions;
using Millrace.Core.Config;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Errors;

namespace Millrace.Cli.Projects;

/// <summary>Names of the project, for shell completion; nothing where there is no valid project.</summary>
internal static class ProjectCompletions
{
    /// <summary>Names of connections.</summary>
    public static IEnumerable<CompletionItem> Connections(CompletionContext context) => Names(context, p => p.Connections.Keys);

    /// <summary>Names of jobs.</summary>
    public static IEnumerable<CompletionItem> Jobs(CompletionContext context) => Names(context, p => p.Jobs.Select(j => j.Name));

    /// <summary>Names of tasks, of any job.</summary>
    public static IEnumerable<CompletionItem> Tasks(CompletionContext context) =>
        Names(context, p => p.Jobs.SelectMany(j => j.Tasks).Select(t => t.Name).Distinct());

    private static IEnumerable<CompletionItem> Names(CompletionContext context, Func<Project, IEnumerable<string>> names)
    {
        try
        {
            string folder = Path.GetFullPath(context.ParseResult.GetValue(CommandLine.GlobalOptions.Project) ?? ".");
            return [.. names(Workspace.OpenAsync(folder, new SecretScrubber(), CancellationToken.None).GetAwaiter().GetResult().Project).Select(n => new CompletionItem(n))];
        }
        catch (Exception exception) when (exception is MillraceException or InvalidProjectException or IOException or UnauthorizedAccessException)
        {
            // A completion that cannot be made is no completion; the verb itself will say what is wrong.
            return [];
        }
    }
}
