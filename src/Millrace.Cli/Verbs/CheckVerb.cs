using System.CommandLine;
using Millrace.Catalog.Stores;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Connectors.Folders;
using Millrace.Core.Config;
using Millrace.Core.Config.Settings;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace check</c>: is the project valid, do its connections work.</summary>
internal static class CheckVerb
{
    public static Verb Create()
    {
        var names = new Argument<string[]>("connections") { Description = "Only these connections.", Arity = ArgumentArity.ZeroOrMore };
        var verb = new Verb("check", "Validate the project and try its connections, and its catalog where that is on a server; every problem at once, each with its fix.")
        {
            Examples = ["millrace check", "millrace check warehouse --json"],
        };
        verb.Arguments.Add(names);
        verb.Does((context, cancellationToken) => RunAsync(context, context.Get(names) ?? [], cancellationToken));
        return verb;
    }

    private static async Task<int> RunAsync(VerbContext context, string[] names, CancellationToken cancellationToken)
    {
        Workspace workspace = await Workspace.OpenAsync(context, cancellationToken, tellsUnset: true).ConfigureAwait(false);
        workspace.ThrowIfMasksLackKeys();
        ConnectionDefinition[] connections = names.Length == 0
            ? [.. workspace.Project.Connections.Values]
            : [.. names.Select(workspace.Connection)];
        List<Finding> findings = [];
        foreach (ConnectionDefinition connection in connections)
        {
            findings.AddRange(await FindAsync(context, workspace, connection, cancellationToken).ConfigureAwait(false));
        }

        if (names.Length == 0 && workspace.Project.Jobs.Length > 0)
        {
            findings.AddRange(workspace.OwnFolders.Select(f => new Finding(
                null, workspace.Project.Catalog.Type == CatalogType.Sqlite ? $"catalog and state in {f}" : $"state in {f}", null, WritableFolder.Try(f) is { } error ? [context.Report(error)] : [])));
        }

        if (names.Length == 0 && workspace.Project.Catalog.Type != CatalogType.Sqlite)
        {
            findings.Add(await FindCatalogAsync(context, workspace, cancellationToken).ConfigureAwait(false));
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

    private static async ValueTask<Finding> FindCatalogAsync(VerbContext context, Workspace workspace, CancellationToken cancellationToken)
    {
        try
        {
            CatalogStatus status = await workspace.CatalogStore.StatusAsync(cancellationToken).ConfigureAwait(false);
            string version = status.Exists ? $"version {status.Version} of {status.Newest}" : "not made yet";
            return new(null, "catalog", context.Secrets.Scrub($"{status.Engine} at {status.Location}, {version}"), []);
        }
        catch (MillraceException error)
        {
            return new(null, "catalog", null, [context.Report(error)]);
        }
    }

    private static async ValueTask<IReadOnlyList<CheckFinding>> TryAsync(
        Workspace workspace, ConnectionDefinition connection, CancellationToken cancellationToken)
    {
        try
        {
            ConnectionSettings settings = workspace.Resolve(connection);
            IReadOnlyList<CheckFinding> findings = await connection.Connector.CheckAsync(settings, cancellationToken).ConfigureAwait(false);
            if (findings.Any(f => f.Error is not null) || connection.Connector.Info.Dispositions.IsEmpty)
            {
                return findings;
            }

            WriteTarget[] targets = await TargetsAsync(workspace, connection).ConfigureAwait(false);
            return targets.Length == 0
                ? findings
                : [.. findings, .. await connection.Connector.CheckTargetsAsync(settings, targets, cancellationToken).ConfigureAwait(false)];
        }
        catch (MillraceException error)
        {
            return [new CheckFinding("settings", error)];
        }
    }

    /// <summary>What the project's tasks write through a connection: tables where the datasets are named, else their schemas.</summary>
    private static async ValueTask<WriteTarget[]> TargetsAsync(Workspace workspace, ConnectionDefinition connection)
    {
        List<WriteTarget> targets = [];
        IEnumerable<TaskDefinition> tasks = workspace.Project.Jobs.SelectMany(j => j.Tasks).Where(t => t.Enabled).Select(t => t.Move).OfType<TaskDefinition>();
        foreach (TaskDefinition task in tasks.Where(t => t.Target.Connection == connection.Name))
        {
            TargetSession session = TargetSession.ToRead(workspace, task);
            await using (session.ConfigureAwait(false))
            {
                bool isOne = !task.Target.Table.Contains(TargetNames.DatasetPlaceholder, StringComparison.Ordinal);
                targets.AddRange((isOne ? [""] : task.Source.Datasets.Names).Select(
                    d => new WriteTarget(TargetNames.For(task.Target.Table, d, session.Destination.Naming), task.Target.Disposition)));
                string schema = TableId.Parse(task.Target.Table).Schema;
                if (!schema.Contains(TargetNames.DatasetPlaceholder, StringComparison.Ordinal))
                {
                    targets.Add(new(new(schema, ""), task.Target.Disposition));
                }
            }
        }

        return [.. targets.Distinct()];
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
            context.Out.WriteLine($"{(finding.Errors.Length == 0 ? "ok    " : "FAILED")}  {finding.Connection ?? "project"}: {finding.What}{detail}");
            ErrorPrinter.Print(context.Out, finding.Errors);
        }
    }

    /// <summary>What a check found of a connection, or of the project where there is none, as it may be printed.</summary>
    private sealed record Finding(string? Connection, string What, string? Detail, ReportedError[] Errors);
}
