using System.Text.Json;
using Millrace.Catalog.Runs;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.Orchestration.Runner;

namespace Millrace.Cli.Runs;

/// <summary>What a run did, once it has ended.</summary>
internal static class RunReportPrinter
{
    /// <summary>Prints the report and gives the exit code.</summary>
    public static int Print(VerbContext context, RunReport report, RunDisplay display)
    {
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer => Write(writer, context, report, display), indented: false);
        }
        else
        {
            foreach (TaskReport task in report.Tasks)
            {
                PrintTask(context, task, display);
            }

            foreach (SkippedTask skipped in report.Skipped)
            {
                context.Out.WriteLine($"{skipped.Task.Name}: not run; {skipped.Reason}");
            }

            context.Out.WriteLine($"run {report.RunId} of {report.Job}: {SnakeCase.Of(report.Status)} in {Figures.Time(report.Elapsed)}");
            ErrorPrinter.Print(context.Error, [.. report.Errors.Select(context.Report)]);
        }

        MillraceException[] errors = [.. report.Errors];
        return errors.Length > 0 ? ExitCodes.For([.. errors.Select(context.Report)])
            : report.Status == RunStatus.Succeeded ? ExitCodes.Ok
            : ExitCodes.Failed;
    }

    private static void PrintTask(VerbContext context, TaskReport task, RunDisplay display)
    {
        TextWriter output = context.Out;
        if (task.Outcome is not { } outcome)
        {
            RunProgress? committed = display.CommittedOf(task.Task);
            output.WriteLine(committed is null
                ? $"{task.Task.Name}: {SnakeCase.Of(task.Status)}; nothing was committed"
                : $"{task.Task.Name}: {SnakeCase.Of(task.Status)}; {Quantity.Of(committed.RowsCommitted, "row")} committed in {Quantity.Of(committed.Loads, "load")}, the next run goes on from there");
            PrintQuarantined(output, task, committed?.Quarantined ?? 0);
            return;
        }

        if (task.Step is { } step)
        {
            PrintStep(output, task, step);
            return;
        }

        output.WriteLine($"{task.Task.Name}: {Quantity.Of(outcome.Rows, "row")}, {new ByteSize(outcome.Bytes)} moved in {Quantity.Of(outcome.Loads, "load")}, generation {outcome.Generation}");
        foreach (TableOutcome table in outcome.Tables)
        {
            output.WriteLine($"  {table.Table}: {table.Upserted:N0} inserted or changed, {table.Deleted:N0} deleted");
        }

        string where = outcome.LimitReached == ReadBudget.StopRequested ? "as asked, at a commit point" : $"at {outcome.LimitReached}";
        Line(output, outcome.LimitReached is not null, $"stopped {where}; the next run goes on from here");
        Line(output, outcome.NewColumns.Length > 0, $"new columns: {string.Join(", ", outcome.NewColumns)}");
        PrintQuarantined(output, task, outcome.Quarantined);
        Line(output, outcome.DiscardedRows > 0, $"left out by the schema contract: {Quantity.Of(outcome.DiscardedRows, "row")}");
        Line(output, outcome.DiscardedValues > 0, $"left out by the schema contract: {Quantity.Of(outcome.DiscardedValues, "value")}");
        StageDurations s = outcome.Stages;
        output.WriteLine($"  read {Figures.Time(s.Read)}, shape {Figures.Time(s.Shape)}, write {Figures.Time(s.Write)} (they overlap)");
    }

    private static void PrintStep(TextWriter output, TaskReport task, SqlStepOutcome step)
    {
        output.WriteLine(step.WasCompleted
            ? $"{task.Task.Name}: completed by this run before"
            : $"{task.Task.Name}: {Quantity.Of(step.Statements, "statement")}, {Quantity.Of(step.Rows, "row")} changed in {Figures.Time(step.Elapsed)}");
        foreach (Checkpoint checkpoint in step.Checkpoints.Where(c => c.Partition == SqlStepWatermark.Partition))
        {
            output.WriteLine($"  watermark {checkpoint.Position.Value}");
        }
    }

    private static void PrintQuarantined(TextWriter output, TaskReport task, long rows) =>
        Line(output, rows > 0, $"quarantined: {Quantity.Of(rows, "row")} (millrace quarantine list {task.Task.Job})");

    private static void Line(TextWriter output, bool isWanted, string text)
    {
        if (isWanted)
        {
            output.WriteLine("  " + text);
        }
    }

    private static void Write(Utf8JsonWriter writer, VerbContext context, RunReport report, RunDisplay display)
    {
        writer.WriteStartObject();
        writer.WriteString("event", "run_ended");
        writer.WriteNumber("run_id", report.RunId);
        writer.WriteString("job", report.Job);
        writer.WriteString("status", SnakeCase.Of(report.Status));
        writer.WriteNumber("elapsed_seconds", Math.Round(report.Elapsed.TotalSeconds, 3));
        writer.WriteStartArray("tasks");
        foreach (TaskReport task in report.Tasks)
        {
            writer.WriteStartObject();
            writer.WriteString("task", task.Task.Name);
            writer.WriteString("step", task.Task.Step.ToString());
            writer.WriteString("status", SnakeCase.Of(task.Status));
            if (task.Step is { } step)
            {
                writer.WriteNumber("statements", step.Statements);
                writer.WriteBoolean("already_completed", step.WasCompleted);
            }

            if (task.Outcome is { } outcome)
            {
                Write(writer, outcome);
            }
            else
            {
                writer.WriteNumber("rows", display.CommittedOf(task.Task)?.RowsCommitted ?? 0);
                writer.WriteNumber("bytes", display.CommittedOf(task.Task)?.BytesCommitted ?? 0);
            }

            ErrorPrinter.WriteAll(writer, "errors", task.Error is { } error ? [context.Report(error)] : []);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("skipped");
        foreach (SkippedTask skipped in report.Skipped)
        {
            writer.WriteStartObject();
            writer.WriteString("task", skipped.Task.Name);
            writer.WriteString("reason", skipped.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, TaskOutcome outcome)
    {
        writer.WriteNumber("rows", outcome.Rows);
        writer.WriteNumber("bytes", outcome.Bytes);
        writer.WriteNumber("loads", outcome.Loads);
        writer.WriteNumber("generation", outcome.Generation);
        writer.WriteNumber("quarantined", outcome.Quarantined);
        writer.WriteNumber("discarded_rows", outcome.DiscardedRows);
        writer.WriteNumber("discarded_values", outcome.DiscardedValues);
        writer.WriteString("limit_reached", outcome.LimitReached);
        writer.WriteStartArray("tables");
        foreach (TableOutcome table in outcome.Tables)
        {
            writer.WriteStartObject();
            writer.WriteString("table", table.Table.ToString());
            writer.WriteNumber("upserted", table.Upserted);
            writer.WriteNumber("deleted", table.Deleted);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("new_columns");
        outcome.NewColumns.ToList().ForEach(writer.WriteStringValue);
        writer.WriteEndArray();
        writer.WriteStartObject("positions");
        foreach (Checkpoint checkpoint in outcome.Checkpoints.Where(c => !c.Partition.StartsWith('#')))
        {
            writer.WriteString(checkpoint.Partition, checkpoint.Position.Text);
        }

        writer.WriteEndObject();
        writer.WriteNumber("read_seconds", Math.Round(outcome.Stages.Read.TotalSeconds, 3));
        writer.WriteNumber("shape_seconds", Math.Round(outcome.Stages.Shape.TotalSeconds, 3));
        writer.WriteNumber("write_seconds", Math.Round(outcome.Stages.Write.TotalSeconds, 3));
    }
}
