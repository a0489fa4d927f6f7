using System.CommandLine;
using Millrace.Catalog;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Projects;
using Millrace.Cli.Runs;
using Millrace.Core.Config;
using Millrace.Orchestration.Runner;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace run JOB</c>: moves what changed.</summary>
internal static class RunVerb
{
    public static Verb Create()
    {
        var verb = new Verb("run", "Run a job: read what changed, shape it, write it, commit on the way.")
        {
            Examples =
            [
                "millrace run load",
                "millrace run load --task everything --max-bytes 10MB     # the next run goes on from there",
                "millrace run load --full-refresh",
                "millrace run load --follow                               # until Ctrl-C",
                "millrace run load --json",
            ],
        };
        RunChoice choice = RunChoice.AddTo(verb, "Read everything again, as a new generation.");
        var follow = new Option<bool>("--follow")
        {
            Description = "Keep going: at the head wait for more, until Ctrl-C, which commits what is read and ends well (exit code 0).",
        };
        verb.Options.Add(follow);
        verb.Does((context, interrupted) => context.Get(follow)
            ? RunAsync(context, choice, r => r with { Follow = true, Stopping = interrupted }, CancellationToken.None)
            : RunAsync(context, choice, r => r, interrupted));
        return verb;
    }

    private static async Task<int> RunAsync(
        VerbContext context, RunChoice choice, Func<RunRequest, RunRequest> more, CancellationToken cancellationToken)
    {
        Workspace workspace = Workspace.Open(context);
        RunRequest request = more(choice.Request(context));
        Project project = choice.Project(context, workspace);
        ICatalog catalog = await workspace.OpenCatalogAsync(cancellationToken).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            RunReport report;
            RunDisplay display = DisplayFor(context);
            await using (display.ConfigureAwait(false))
            {
                RunnerSettings settings = workspace.RunnerSettings(catalog) with { Observer = display.ObserverOf };
                report = await new JobRunner(settings).RunAsync(project, request, cancellationToken).ConfigureAwait(false);
            }

            return RunReportPrinter.Print(context, report, display);
        }
    }

    private static RunDisplay DisplayFor(VerbContext context) =>
        context.Json ? new JsonRunDisplay(context.Out)
        : context.Terminal.CanRedraw ? new LiveRunDisplay(context.Terminal.Ansi, TimeProvider.System)
        : new PlainRunDisplay(context.Out, TimeProvider.System);
}
