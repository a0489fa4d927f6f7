using System.CommandLine;
using Millrace.Catalog;
using Millrace.Catalog.Runs;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Projects;
using Millrace.Cli.Runs;
using Millrace.Core.Config;
using Millrace.Core.Errors;
using Millrace.Orchestration.Runner;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace run JOB</c>: moves what changed.</summary>
internal static class RunVerb
{
    public static Verb Create()
    {
        var verb = new Verb("run", "Run a job: read what changed, shape it, write it, commit on the way; then its SQL steps.")
        {
            Examples =
            [
                "millrace run load",
                "millrace run load --task everything --max-bytes 10MB     # the next run goes on from there",
                "millrace run load --steps E                              # extract alone; T,L for the SQL steps alone",
                "millrace run --resume 12                                 # at the task that failed",
                "millrace run load --full-refresh",
                "millrace run load --follow                               # until Ctrl-C",
                "millrace run load --json",
            ],
        };
        RunChoice choice = RunChoice.AddTo(verb, "Read everything again, as a new generation; SQL steps begin at their initial watermark.", mayLackJob: true);
        var follow = new Option<bool>("--follow")
        {
            Description = "Keep going: at the head wait for more, until Ctrl-C, which commits what is read and ends well (exit code 0). Step E alone runs.",
        };
        var resume = new Option<long?>("--resume")
        {
            Description = "Take up a run that ended without success, under its id: tasks that succeeded in it are not run again.", HelpName = "RUN",
        };
        var alone = new Option<bool>("--no-next") { Description = "Do not start the jobs of on_success afterwards." };
        verb.Options.Add(resume);
        verb.Options.Add(follow);
        verb.Options.Add(alone);
        verb.Does((context, interrupted) => RunAsync(
            context,
            choice,
            context.Get(follow)
                ? r => r with { Follow = true, Stopping = interrupted }
                : r => r with { Resume = context.Get(resume) },
            startsNext: !context.Get(alone),
            context.Get(follow) ? CancellationToken.None : interrupted));
        return verb;
    }

    private static async Task<int> RunAsync(
        VerbContext context, RunChoice choice, Func<RunRequest, RunRequest> more, bool startsNext, CancellationToken cancellationToken)
    {
        Workspace workspace = await Workspace.OpenAsync(context, cancellationToken).ConfigureAwait(false);
        RunRequest request = more(choice.Request(context));
        Project project = choice.Project(context, workspace);
        ICatalog catalog = await workspace.OpenCatalogAsync(cancellationToken).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            request = await WithJobAsync(catalog, request, cancellationToken).ConfigureAwait(false);
            var waiting = new Queue<RunRequest>([request]);
            int code = ExitCodes.Ok;
            while (code == ExitCodes.Ok && waiting.TryDequeue(out RunRequest? next))
            {
                (RunReport report, code) = await RunOneAsync(context, workspace, catalog, project, next, cancellationToken).ConfigureAwait(false);
                if (startsNext && report.IsWhole && report.Status == RunStatus.Succeeded)
                {
                    project.FindJob(next.Job)!.OnSuccess.ToList().ForEach(job => waiting.Enqueue(new(job) { Trigger = $"on_success of run {report.RunId}" }));
                }
            }

            return code;
        }
    }

    private static async Task<RunRequest> WithJobAsync(ICatalog catalog, RunRequest request, CancellationToken cancellationToken)
    {
        if (request.Job.Length > 0)
        {
            return request;
        }

        long resumed = request.Resume ?? throw new MillraceException(
            ErrorCodes.InvalidConfiguration, "Name a job to run.", "'millrace run JOB', or 'millrace run --resume RUN' to take up a run.");
        IReadOnlyList<RunRecord> runs = await catalog.Runs.ListAsync(new(1) { RunId = resumed }, cancellationToken).ConfigureAwait(false);
        RunsVerb.ThrowIfUnknown(resumed, runs);
        return request with { Job = runs[0].Start.Job };
    }

    private static async Task<(RunReport Report, int Code)> RunOneAsync(
        VerbContext context, Workspace workspace, ICatalog catalog, Project project, RunRequest request, CancellationToken cancellationToken)
    {
        RunReport report;
        RunDisplay display = DisplayFor(context);
        await using (display.ConfigureAwait(false))
        {
            RunnerSettings settings = workspace.RunnerSettings(catalog) with { Observer = display.ObserverOf };
            report = await new JobRunner(settings).RunAsync(project, request, cancellationToken).ConfigureAwait(false);
        }

        return (report, RunReportPrinter.Print(context, report, display));
    }

    private static RunDisplay DisplayFor(VerbContext context) =>
        context.Json ? new JsonRunDisplay(context.Out)
        : context.Terminal.CanRedraw ? new LiveRunDisplay(context.Terminal.Ansi, TimeProvider.System)
        : new PlainRunDisplay(context.Out, TimeProvider.System);
}
