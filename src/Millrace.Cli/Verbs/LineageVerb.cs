using System.Collections.Immutable;
using System.CommandLine;
using Millrace.Catalog;
using Millrace.Catalog.Runs;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Lineage;
using Millrace.Cli.Projects;
using Millrace.Core.Lineage;
using Millrace.Orchestration.Runner;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace lineage TABLE</c>: what a table or column comes from, and what comes of it.</summary>
internal static class LineageVerb
{
    public static Verb Create()
    {
        var verb = new Verb("lineage", "Show what a table or column comes from and what comes of it, by the definitions as they are.")
        {
            Examples = ["millrace lineage conformed.daily_revenue", "millrace lineage raw.orders --column total --downstream", "millrace lineage raw.orders --format mermaid", "millrace lineage raw.orders --run 12"],
        };
        var table = new Argument<string>("table") { Description = "The table or dataset: schema.table, or connection:schema.table where several connections have it.", HelpName = "TABLE" };
        var column = new Option<string?>("--column") { Description = "Only this column of it.", HelpName = "COLUMN" };
        var upstream = new Option<bool>("--upstream") { Description = "Only what it comes from." };
        var downstream = new Option<bool>("--downstream") { Description = "Only what comes of it." };
        var run = new Option<long?>("--run") { Description = "What this run really did, instead of what the definitions would do now.", HelpName = "RUN" };
        var format = new Option<LineageFormat>("--format") { Description = "How it is shown; --json is the same as json.", DefaultValueFactory = _ => LineageFormat.Tree, HelpName = "tree|mermaid|json" };
        verb.Arguments.Add(table);
        verb.Options.Add(column);
        verb.Options.Add(upstream);
        verb.Options.Add(downstream);
        verb.Options.Add(run);
        verb.Options.Add(format);
        verb.Does(async (context, ct) =>
        {
            bool both = context.Get(upstream) == context.Get(downstream);
            var graph = new LineageGraph(await ReadAsync(context, context.Get(run), ct).ConfigureAwait(false));
            LineageNode node = graph.Find(context.Get(table)!, context.Get(column));
            var view = new LineageView(
                node, graph, both || context.Get(upstream) ? graph.Walk(node, isUpstream: true) : null, both || context.Get(downstream) ? graph.Walk(node, isUpstream: false) : null)
            {
                RunId = context.Get(run),
            };
            LineagePrinter.Print(context, view, context.Json ? LineageFormat.Json : context.Get(format));
            return ExitCodes.Ok;
        });
        return verb;
    }

    private static async Task<ImmutableArray<TaskLineage>> ReadAsync(VerbContext context, long? run, CancellationToken ct)
    {
        Workspace workspace = await Workspace.OpenAsync(context, ct).ConfigureAwait(false);
        ICatalog catalog = await workspace.OpenCatalogToReadAsync(ct).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            if (run is null)
            {
                return await RecordedLineage.OfDefinitionsAsync(catalog, workspace.Project, ct).ConfigureAwait(false);
            }

            RunsVerb.ThrowIfUnknown(run, await catalog.Runs.ListAsync(new RunFilter(1) { RunId = run }, ct).ConfigureAwait(false));
            return [.. await catalog.Lineage.OfRunAsync(run.Value, ct).ConfigureAwait(false)];
        }
    }
}
