using System.Text.Json;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;

namespace Millrace.Cli.Output;

/// <summary>The one place where errors are printed: code, what happened, where, and what to do.</summary>
internal static class ErrorPrinter
{
    /// <summary>For people, on standard error.</summary>
    public static void Print(TextWriter output, IReadOnlyList<ReportedError> errors)
    {
        foreach (ReportedError error in errors)
        {
            Print(output, error, "");
        }

        if (errors.Count > 1)
        {
            output.WriteLine($"{Quantity.Of(errors.Count, "problem")}.");
        }
    }

    /// <summary>Something doubtful that works nevertheless.</summary>
    public static void PrintWarning(TextWriter output, ReportedError warning) => Print(output, warning, "warning ");

    /// <summary>For programs: one line, <c>{"errors":[{"code":…}]}</c>.</summary>
    public static void PrintJson(TextWriter output, IReadOnlyList<ReportedError> errors) => JsonOutput.Write(
        output,
        writer =>
        {
            writer.WriteStartObject();
            WriteAll(writer, "errors", errors);
            writer.WriteEndObject();
        },
        indented: false);

    /// <summary>Writes errors as an array.</summary>
    public static void WriteAll(Utf8JsonWriter writer, string name, IEnumerable<ReportedError> errors)
    {
        writer.WriteStartArray(name);
        foreach (ReportedError error in errors)
        {
            Write(writer, error);
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes one error as an object.</summary>
    public static void Write(Utf8JsonWriter writer, ReportedError error)
    {
        writer.WriteStartObject();
        writer.WriteString("code", error.Code.Id);
        writer.WriteString("kind", SnakeCase.Of(error.Code.Kind));
        writer.WriteString("message", error.Message);
        writer.WriteString("fix", error.Fix);
        writer.WriteString("config_path", error.ConfigPath);
        writer.WriteString("location", error.Location);
        writer.WriteBoolean("is_transient", error.IsTransient);
        writer.WriteEndObject();
    }

    private static void Print(TextWriter output, ReportedError error, string severity)
    {
        string place = error.Location is null ? "" : error.Location + ": ";
        output.WriteLine($"{place}{severity}{error.Code.Id}: {error.Message}");
        if (error.ConfigPath is { } path)
        {
            output.WriteLine($"  at   {path}");
        }

        if (error.Fix is { } fix)
        {
            output.WriteLine($"  fix  {fix}");
        }
    }
}
