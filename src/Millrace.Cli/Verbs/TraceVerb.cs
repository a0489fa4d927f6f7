using System.CommandLine;
using Millrace.Catalog;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Cli.Tracing;
using Millrace.Core.Config;
using Millrace.Core.Errors;
using Millrace.Core.Lineage;
using Millrace.Orchestration.Runner;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace trace TABLE --key K</c>: which run and task wrote a row, from where, and the rows before it that it was made of.</summary>
internal static class TraceVerb
{
    public static Verb Create()
    {
        var verb = new Verb("trace", "Show which run and task wrote a row, when, from which position and by which rule, and the rows that it was made of.")
        {
            Examples = ["millrace trace raw.orders --key 65f0c0ffee65f0c0ffee65f0", "millrace trace conformed.daily_revenue --key ordered_on=2026-11-01 --key country=DE --key currency=EUR"],
        };
        var table = new Argument<string>("table") { Description = "The table: schema.table, or connection:schema.table where several connections have it.", HelpName = "TABLE" };
        var key = new Option<string[]>("--key")
        {
            Description = "The row's key: a value for each column of the table's key, in its order, or column=value for any column.",
            HelpName = "K", Required = true,
        };
        var limit = CountOption.Create("--limit", "At most so many rows of each table.", "rows", 5);
        verb.Arguments.Add(table);
        verb.Options.Add(key);
        verb.Options.Add(limit);
        verb.Does(async (context, ct) =>
        {
            Workspace workspace = await Workspace.OpenAsync(context, ct).ConfigureAwait(false);
            ICatalog catalog = await workspace.OpenCatalogToReadAsync(ct).ConfigureAwait(false);
            await using (catalog.ConfigureAwait(false))
            {
                var graph = new LineageGraph(await RecordedLineage.OfDefinitionsAsync(catalog, workspace.Project, ct).ConfigureAwait(false));
                LineageNode node = graph.Find(context.Get(table)!, null);
                var reader = new TraceReader(workspace, catalog, graph, context.Get(limit));
                await using (reader.ConfigureAwait(false))
                {
                    return Print(context, await reader.ReadAsync(node, context.Get(key)!, ct).ConfigureAwait(false));
                }
            }
        });
        return verb;
    }

    private static int Print(VerbContext context, IReadOnlyList<TraceTable> tables)
    {
        MillraceException? missing = MissingRow(tables[0]);
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer => TracePrinter.Write(writer, tables, missing));
            return missing is null ? ExitCodes.Ok : ExitCodes.Failed;
        }

        TracePrinter.Print(context.Out, tables);
        return missing is null ? ExitCodes.Ok : throw missing;
    }

    private static MillraceException? MissingRow(TraceTable first)
    {
        if (!first.HasNoRow)
        {
            return null;
        }

        string known = first.Trace?.Tombstone is not null ? " A tombstone knows it: the source deleted it."
            : first.Quarantined.Length > 0 ? $" {Quantity.Of(first.Quarantined.Length, "row")} of it in quarantine." : " Neither a tombstone nor the quarantine knows it.";
        return new(ErrorCodes.RowNotFound, $"{first.Node} has no such row.{known}", "Look for it in the tables before: millrace lineage names them.");
    }
}
