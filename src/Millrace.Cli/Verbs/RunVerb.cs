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
        TaskChoice choice = TaskChoice.AddTo(verb);
        var refresh = new Option<bool>("--full-refresh") { Description = "Read everything again, as a new generation." };
        Option<DateTimeOffset?> from = DateOption.Create("--from", "Backfill: only rows from this time on (inclusive).");
        Option<DateTimeOffset?> to = DateOption.Create("--to", "Backfill: only rows before this time (exclusive).");
        var follow = new Option<bool>("--follow") { Description = "Keep going: at the head wait for more, until Ctrl-C." };
        verb.Options.Add(refresh);
        verb.Options.Add(from);
        verb.Options.Add(to);
        verb.Options.Add(follow);
        LimitOptions limits = LimitOptions.AddTo(verb);
        verb.Does((context, cancellationToken) =>
        {
            var request = new RunRequest(choice.Job(context))
            {
                Task = choice.Task(context),
                FullRefresh = context.Get(refresh),
                From = context.Get(from),
                To = context.Get(to),
                Follow = context.Get(follow),
            };
            return RunAsync(context, request, limits.Of(context), cancellationToken);
        });
        return verb;
    }

    private static async Task<int> RunAsync(VerbContext context, RunRequest request, RunLimits limits, CancellationToken cancellationToken)
    {
        Workspace workspace = Workspace.Open(context);
        Project project = LimitOptions.Apply(workspace.Project, limits);
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
        : context.Terminal.IsInteractive ? new LiveRunDisplay(context.Terminal.Ansi, TimeProvider.System)
        : new PlainRunDisplay(context.Out, TimeProvider.System);
}
