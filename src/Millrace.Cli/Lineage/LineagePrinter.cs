using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Core.Config.Options;
using Millrace.Core.Lineage;

namespace Millrace.Cli.Lineage;

/// <summary>Prints lineage as a tree, as a Mermaid flowchart or as JSON.</summary>
internal static class LineagePrinter
{
    /// <summary>Prints it.</summary>
    public static void Print(VerbContext context, LineageView view, LineageFormat format)
    {
        switch (format)
        {
            case LineageFormat.Json:
                JsonOutput.Write(context.Out, writer => Write(writer, view));
                break;
            case LineageFormat.Mermaid:
                PrintMermaid(context.Out, view);
                break;
            default:
                PrintTree(context.Out, view);
                break;
        }
    }

    private static void PrintTree(TextWriter output, LineageView view)
    {
        output.WriteLine(view.RunId is { } run ? $"{view.Node}, as run {run} did it" : view.Node.ToString());
        foreach ((string title, LineageBranch? walk, string none) in new[]
        {
            ("comes from", view.Upstream, "nothing that is known"), ("goes to", view.Downstream, "nothing that is known"),
        })
        {
            if (walk is not null)
            {
                output.WriteLine(walk.Branches.IsEmpty ? $"{title} {none}" : title);
                PrintBranches(output, walk.Branches, "");
            }
        }

        foreach (TaskLineage task in view.Unsure)
        {
            foreach (string note in task.Notes)
            {
                output.WriteLine($"cannot tell all: {task.TaskKey}: {note}");
            }
        }
    }

    private static void PrintBranches(TextWriter output, ImmutableArray<LineageBranch> branches, string indent)
    {
        for (int i = 0; i < branches.Length; i++)
        {
            LineageBranch branch = branches[i];
            bool isLast = i == branches.Length - 1;
            string again = branch.IsRepeated ? " (see above)" : "";
            output.WriteLine($"{indent}{(isLast ? "└─" : "├─")} {branch.Node?.ToString() ?? "a constant"}  {By(branch.By)}{again}");
            PrintBranches(output, branch.Branches, indent + (isLast ? "   " : "│  "));
        }
    }

    private static string By(ImmutableArray<LineageStep> steps) => string.Join("; ", steps.GroupBy(s => s.Task.TaskKey).Select(task =>
    {
        LineageStep first = task.First();
        string kinds = string.Join(", ", task.Select(s => KindOf(s.Edge)).Distinct());
        string place = PlaceOf(first.Task, task.Select(s => s.Edge.Line));
        return $"{kinds} by {task.Key}{(place.Length > 0 ? $" ({place})" : "")}";
    }));

    private static string KindOf(LineageEdge edge) =>
        (edge.IsUncertain ? "perhaps " : "") + SnakeCase.Of(edge.Kind) + (edge.Origin == LineageOrigin.Declared ? " as declared" : "");

    private static string PlaceOf(TaskLineage task, IEnumerable<int> lines)
    {
        string[] known = [.. lines.Where(l => l > 0).Distinct().Order().Select(l => l.ToString(CultureInfo.InvariantCulture))];
        return known.Length == 0 ? "" : $"{task.Script ?? "sql"}:{string.Join(",", known)}";
    }

    private static void PrintMermaid(TextWriter output, LineageView view)
    {
        output.WriteLine("flowchart LR");
        Dictionary<string, string> ids = [];
        string Id(LineageNode node)
        {
            string name = node.ToString();
            if (!ids.TryGetValue(name, out string? id))
            {
                ids[name] = id = FormattableString.Invariant($"n{ids.Count}");
                output.WriteLine($"  {id}[\"{Escaped(name)}\"]");
            }

            return id;
        }

        Id(view.Node);
        foreach (var edge in view.Steps.Where(s => s.Edge.From is not null).GroupBy(s => (From: s.Edge.From!, s.Edge.To)))
        {
            string from = Id(edge.Key.From);
            string to = Id(edge.Key.To);
            string label = string.Join("<br/>", edge.GroupBy(s => s.Task.TaskKey).Select(t => $"{Escaped(t.Key)}: {string.Join(", ", t.Select(s => KindOf(s.Edge)).Distinct())}"));
            bool isFirm = edge.Any(s => !s.Edge.IsUncertain && s.Edge.Kind is not (LineageKind.Filtered or LineageKind.Joined or LineageKind.Grouped));
            output.WriteLine($"  {from} {(isFirm ? "-->" : "-.->")}|\"{label}\"| {to}");
        }

        output.WriteLine($"  style {ids[view.Node.ToString()]} stroke-width:3px");
    }

    private static string Escaped(string text) => text.Replace("\"", "#quot;", StringComparison.Ordinal);

    private static void Write(Utf8JsonWriter writer, LineageView view)
    {
        writer.WriteStartObject();
        writer.WriteString("connection", view.Node.Connection);
        writer.WriteString("table", view.Node.Table);
        writer.WriteString("column", view.Node.Column);
        if (view.RunId is { } run)
        {
            writer.WriteNumber("run_id", run);
        }

        WriteSteps(writer, "upstream", view.Upstream);
        WriteSteps(writer, "downstream", view.Downstream);
        writer.WriteStartArray("notes");
        foreach (TaskLineage task in view.Unsure)
        {
            foreach (string note in task.Notes)
            {
                writer.WriteStartObject();
                writer.WriteString("task", task.TaskKey);
                writer.WriteString("note", note);
                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteSteps(Utf8JsonWriter writer, string name, LineageBranch? walk)
    {
        if (walk is null)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (LineageStep step in walk.Steps)
        {
            writer.WriteStartObject();
            Write(writer, "from", step.Edge.From);
            Write(writer, "to", step.Edge.To);
            writer.WriteString("kind", SnakeCase.Of(step.Edge.Kind));
            writer.WriteString("origin", SnakeCase.Of(step.Edge.Origin));
            writer.WriteBoolean("uncertain", step.Edge.IsUncertain);
            writer.WriteString("task", step.Task.TaskKey);
            writer.WriteString("step", step.Task.Step);
            writer.WriteString("script", step.Task.Script);
            writer.WriteString("script_sha256", step.Task.ScriptSha);
            if (step.Edge.Line > 0)
            {
                writer.WriteNumber("line", step.Edge.Line);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, string name, LineageNode? node)
    {
        if (node is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        writer.WriteString("connection", node.Connection);
        writer.WriteString("table", node.Table);
        writer.WriteString("column", node.Column);
        writer.WriteEndObject();
    }
}
