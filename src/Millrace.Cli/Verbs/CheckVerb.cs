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
        Workspace workspace = Workspace.Open(context, tellsUnset: true);
        workspace.ThrowIfMasksLackKeys();
        ConnectionDefinition[] connections = names.Length == 0
            ? [.. workspace.Project.Connections.Values]
            : [.. names.Select(workspace.Connection)];
        List<Finding> findings = [];
        foreach (ConnectionDefinition connection in connections)
        {
            findings.AddRange(await FindAsync(context, workspace, connection, cancellationToken).ConfigureAwait(false));
        }

        ReportedError[] errors = [.. findings.SelectMany(f => f.Errors)];
        Print(context, workspace, findings);
        return errors.Length == 0 ? ExitCodes.Ok : ExitCodes.For(errors);
    }

    private static async ValueTask<IEnumerable<Finding>> FindAsync(
        VerbContext context, Workspace workspace, ConnectionDefinition connection, CancellationToken cancellationToken)
    {
        ReportedError[] unset =
            [.. workspace.Unset.Where(p => p.Path.StartsWith($"connections.{connection.Name}.", StringComparison.Ordinal)).Select(ReportedError.Of)];
        if (unset.Length > 0)
        {
            return [new(connection.Name, "settings", null, unset)];
        }

        IReadOnlyList<CheckFinding> found = await TryAsync(workspace, connection, cancellationToken).ConfigureAwait(false);
        return found.Select(f => new Finding(
            connection.Name,
            context.Secrets.Scrub(f.What),
            f.Detail is null ? null : context.Secrets.Scrub(f.Detail),
            f.Error is null ? [] : [context.Report(f.Error)]));
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

    private static void Print(VerbContext context, Workspace workspace, List<Finding> findings)
    {
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteStartObject();
                writer.WriteNumber("jobs", workspace.Project.Jobs.Length);
                ErrorPrinter.WriteAll(writer, "warnings", workspace.Warnings.Select(ReportedError.Of));
                writer.WriteStartArray("findings");
                foreach (Finding finding in findings)
                {
                    writer.WriteStartObject();
                    writer.WriteString("connection", finding.Connection);
                    writer.WriteString("what", finding.What);
                    writer.WriteBoolean("ok", finding.Errors.Length == 0);
                    writer.WriteString("detail", finding.Detail);
                    ErrorPrinter.WriteAll(writer, "errors", finding.Errors);
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

        foreach (Finding finding in findings)
        {
            string detail = finding.Detail is null ? "" : $" ({finding.Detail})";
            context.Out.WriteLine($"{(finding.Errors.Length == 0 ? "ok    " : "FAILED")}  {finding.Connection}: {finding.What}{detail}");
            ErrorPrinter.Print(context.Out, finding.Errors);
        }
    }

    /// <summary>What a check found of a connection, as it may be printed.</summary>
    private sealed record Finding(string Connection, string What, string? Detail, ReportedError[] Errors);
}
