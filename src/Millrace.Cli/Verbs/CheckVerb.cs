using System.CommandLine;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace check</c>: is the project valid, do its connections work.</summary>
internal static class CheckVerb
{
    public static Verb Create()
    {
        var names = new Argument<string[]>("connections") { Description = "Only these connections.", Arity = ArgumentArity.ZeroOrMore };
        var verb = new Verb("check", "Validate the project and try its connections; every problem at once, each with its fix.")
        {
            Examples = ["millrace check", "millrace check warehouse --json"],
        };
        verb.Arguments.Add(names);
        verb.Does((context, cancellationToken) => RunAsync(context, context.Get(names) ?? [], cancellationToken));
        return verb;
    }

    private static async Task<int> RunAsync(VerbContext context, string[] names, CancellationToken cancellationToken)
    {
        Workspace workspace = Workspace.Open(context);
        ConnectionDefinition[] connections = names.Length == 0
            ? [.. workspace.Project.Connections.Values]
            : [.. names.Select(workspace.Connection)];
        List<(string Connection, CheckFinding Finding)> findings = [];
        foreach (ConnectionDefinition connection in connections)
        {
            foreach (CheckFinding finding in await TryAsync(workspace, connection, cancellationToken).ConfigureAwait(false))
            {
                findings.Add((connection.Name, finding));
            }
        }

        MillraceException[] errors = [.. findings.Select(f => f.Finding.Error).OfType<MillraceException>()];
        Print(context, workspace, findings);
        return errors.Length == 0 ? ExitCodes.Ok : ExitCodes.For([.. errors.Select(context.Report)]);
    }

    private static async ValueTask<IReadOnlyList<CheckFinding>> TryAsync(
        Workspace workspace, ConnectionDefinition connection, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.Connector.CheckAsync(workspace.Resolve(connection), cancellationToken).ConfigureAwait(false);
        }
        catch (MillraceException error)
        {
            return [new CheckFinding("settings", error)];
        }
    }

    private static void Print(VerbContext context, Workspace workspace, List<(string Connection, CheckFinding Finding)> findings)
    {
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteStartObject();
                writer.WriteNumber("jobs", workspace.Project.Jobs.Length);
                ErrorPrinter.WriteAll(writer, "warnings", workspace.Warnings.Select(ReportedError.Of));
                writer.WriteStartArray("findings");
                foreach ((string connection, CheckFinding finding) in findings)
                {
                    writer.WriteStartObject();
                    writer.WriteString("connection", connection);
                    writer.WriteString("what", context.Secrets.Scrub(finding.What));
                    writer.WriteBoolean("ok", finding.Error is null);
                    writer.WriteString("detail", finding.Detail is null ? null : context.Secrets.Scrub(finding.Detail));
                    ErrorPrinter.WriteAll(writer, "errors", finding.Error is { } error ? [context.Report(error)] : []);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            });
            return;
        }

        context.Out.WriteLine($"{workspace.Folder}: {Quantity.Of(workspace.Project.Jobs.Length, "job")}, {Quantity.Of(workspace.Project.Connections.Count, "connection")}");
        if (workspace.Project.Connections.Count == 0 && workspace.Project.Jobs.IsEmpty)
        {
            context.Out.WriteLine("The project is empty: 'millrace init' writes one to begin with, 'millrace schema' says what may stand in it.");
        }

        foreach ((string connection, CheckFinding finding) in findings)
        {
            string detail = finding.Detail is null ? "" : $" ({context.Secrets.Scrub(finding.Detail)})";
            context.Out.WriteLine($"{(finding.Error is null ? "ok    " : "FAILED")}  {connection}: {context.Secrets.Scrub(finding.What)}{detail}");
            if (finding.Error is { } error)
            {
                ErrorPrinter.Print(context.Out, [context.Report(error)]);
            }
        }
    }
}
