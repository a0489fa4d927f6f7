using System.Globalization;
using System.Text.Json;
using Millrace.Catalog.Runs;
using Millrace.Cli.Verbs;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Cli.Tracing;

/// <summary>Prints a trace, for people and as JSON.</summary>
internal static class TracePrinter
{
    private const int LongestValue = 60;

    /// <summary>Prints it for people.</summary>
    public static void Print(TextWriter output, IReadOnlyList<TraceTable> tables)
    {
        foreach (TraceTable table in tables)
        {
            string key = table.Trace is { } found ? "  " + string.Join(", ", found.Key.Select(k => $"{k.Key} = {k.Value}")) : "";
            output.WriteLine($"{(table.MadeInto is { } into ? $"{into.Table} comes from " : "")}{table.Node}{key}");
            if (table.Trace is { } trace)
            {
                PrintRows(output, table, trace);
            }

            foreach (string note in table.Notes)
            {
                output.WriteLine($"  {note}");
            }
        }
    }

    /// <summary>Writes it as JSON.</summary>
    /// <param name="writer">Takes it.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="missing">What is to be told where the row is not there, or null.</param>
    public static void Write(Utf8JsonWriter writer, IReadOnlyList<TraceTable> tables, MillraceException? missing)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("found", missing is null);
        if (missing is not null)
        {
            writer.WriteString("code", missing.Code.Id);
            writer.WriteString("message", missing.Message);
        }

        writer.WriteStartArray("tables");
        foreach (TraceTable table in tables)
        {
            writer.WriteStartObject();
            writer.WriteString("connection", table.Node.Connection);
            writer.WriteString("table", table.Node.Table);
            writer.WriteString("made_into", table.MadeInto?.ToString());
            if (table.Trace is { } trace)
            {
                WriteTrace(writer, table, trace);
            }

            writer.WriteStartArray("notes");
            table.Notes.ToList().ForEach(writer.WriteStringValue);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void PrintRows(TextWriter output, TraceTable table, RowTrace trace)
    {
        if (trace.Rows.IsEmpty)
        {
            output.WriteLine("  no row");
        }

        for (int i = 0; i < trace.Rows.Length; i++)
        {
            if (trace.Count > 1)
            {
                output.WriteLine($"  row {i + 1} of {trace.Count:N0}");
            }

            PrintRow(output, trace.Rows[i], table.Origins[i]);
        }

        if (trace.Tombstone is { } tombstone)
        {
            output.WriteLine($"  tombstone  the key was deleted at {tombstone.Position}, generation {tombstone.Generation}");
        }

        foreach (QuarantinedRow row in table.Quarantined)
        {
            output.WriteLine($"  quarantine id {row.Id}, run {row.RunId}, {StatusVerb.At(row.QuarantinedAt)}, position {row.Row.Position}, {row.Row.Code.Id}: {row.Row.Reason}");
        }

        if (!table.Writers.IsEmpty)
        {
            output.WriteLine($"  written by {string.Join(", ", table.Writers.Select(w => $"run {w.RunId} ({w.TaskKey})"))}");
        }
    }

    private static void PrintRow(TextWriter output, TracedRow row, TraceOrigin origin)
    {
        output.WriteLine($"  values     {string.Join(", ", row.Values.Select(v => $"{v.Key} = {Short(v.Value)}"))}");
        string[] facts =
        [
            .. row.LoadedAt is { } loaded ? [$"loaded {StatusVerb.At(loaded)}"] : Array.Empty<string>(),
            .. row.Position is { } position ? [$"position {position}"] : Array.Empty<string>(),
            .. row.Generation is { } generation ? [$"generation {generation}"] : Array.Empty<string>(),
            .. row.DeletedAt is { } deleted ? [$"deleted {StatusVerb.At(deleted)}"] : Array.Empty<string>(),
            .. row.ValidFrom is { } from ? [$"valid from {StatusVerb.At(from)} {(row.ValidTo is { } to ? $"to {StatusVerb.At(to)}" : "until now")}"] : Array.Empty<string>(),
        ];
        if (facts.Length > 0)
        {
            output.WriteLine($"  stored     {string.Join(", ", facts)}");
        }

        if (origin.Run is { } run)
        {
            output.WriteLine($"  run        {run.RunId} of {run.Start.Job}, started {StatusVerb.At(run.StartedAt)} by {run.Start.StartedBy} on {run.Start.Host}, {SnakeCase.Of(run.Status)}");
        }

        foreach ((TaskRunRecord task, string rule) in origin.Tasks)
        {
            output.WriteLine($"  task       {task.Start.TaskKey}, step {task.Start.Step}, task run {task.TaskRunId}");
            output.WriteLine($"  rule       {rule}");
        }

        if (origin.Note is { } note)
        {
            output.WriteLine($"  run        {note}");
        }
    }

    private static string Short(string? value) => value is null ? "NULL" : value.Length > LongestValue ? value[..LongestValue] + "…" : value;

    private static void WriteTrace(Utf8JsonWriter writer, TraceTable table, RowTrace trace)
    {
        writer.WriteStartObject("key");
        trace.Key.ToList().ForEach(k => writer.WriteString(k.Key, k.Value));
        writer.WriteEndObject();
        writer.WriteNumber("count", trace.Count);
        writer.WriteStartArray("rows");
        for (int i = 0; i < trace.Rows.Length; i++)
        {
            WriteRow(writer, trace.Rows[i], table.Origins[i]);
        }

        writer.WriteEndArray();
        if (trace.Tombstone is { } tombstone)
        {
            writer.WriteStartObject("tombstone");
            writer.WriteNumber("generation", tombstone.Generation);
            writer.WriteString("position", tombstone.Position);
            writer.WriteEndObject();
        }

        writer.WriteStartArray("quarantined");
        foreach (QuarantinedRow row in table.Quarantined)
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", row.Id);
            writer.WriteNumber("run_id", row.RunId);
            writer.WriteString("at", row.QuarantinedAt);
            writer.WriteString("position", row.Row.Position);
            writer.WriteString("code", row.Row.Code.Id);
            writer.WriteString("reason", row.Row.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("written_by");
        foreach ((long runId, string taskKey) in table.Writers)
        {
            writer.WriteStartObject();
            writer.WriteNumber("run_id", runId);
            writer.WriteString("task", taskKey);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteRow(Utf8JsonWriter writer, TracedRow row, TraceOrigin origin)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("values");
        row.Values.ToList().ForEach(v => writer.WriteString(v.Key, v.Value));
        writer.WriteEndObject();
        WriteNumber(writer, "run_id", row.RunId);
        Write(writer, "loaded_at", row.LoadedAt);
        writer.WriteString("position", row.Position);
        WriteNumber(writer, "generation", row.Generation);
        Write(writer, "deleted_at", row.DeletedAt);
        Write(writer, "valid_from", row.ValidFrom);
        Write(writer, "valid_to", row.ValidTo);
        if (origin.Run is { } run)
        {
            writer.WriteStartObject("run");
            writer.WriteString("job", run.Start.Job);
            writer.WriteString("started_by", run.Start.StartedBy);
            writer.WriteString("host", run.Start.Host);
            writer.WriteString("started_at", run.StartedAt);
            writer.WriteString("status", SnakeCase.Of(run.Status));
            writer.WriteEndObject();
        }

        writer.WriteStartArray("tasks");
        foreach ((TaskRunRecord task, string rule) in origin.Tasks)
        {
            writer.WriteStartObject();
            writer.WriteString("task", task.Start.TaskKey);
            writer.WriteString("step", task.Start.Step);
            writer.WriteNumber("task_run_id", task.TaskRunId);
            writer.WriteString("rule", rule);
            writer.WritePropertyName("settings");
            writer.WriteRawValue(task.Start.Settings);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("note", origin.Note);
        writer.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void Write(Utf8JsonWriter writer, string name, DateTimeOffset? at) => writer.WriteString(name, at?.ToString("O", CultureInfo.InvariantCulture));
}
