using System.Text.Json;
using Millrace.Core.Errors;

namespace Millrace.Cli.Output;

/// <summary>The one place where errors are printed: code, what happened, where, and what to do.</summary>
internal static class ErrorPrinter
{
    /// <summary>For people, on standard error.</summary>
    public static void Print(TextWriter output, IReadOnlyList<MillraceException> errors)
    {
        foreach (MillraceException error in errors)
        {
            output.WriteLine($"{error.Code.Id}: {error.Message}");
            if (error.ConfigPath is { } path)
            {
                output.WriteLine($"  at   {path}");
            }

            if (error.Fix is { } fix)
            {
                output.WriteLine($"  fix  {fix}");
            }
        }

        if (errors.Count > 1)
        {
            output.WriteLine($"{errors.Count} problems.");
        }
    }

    /// <summary>For programs: one line, <c>{"errors":[{"code":…}]}</c>.</summary>
    public static void PrintJson(TextWriter output, IReadOnlyList<MillraceException> errors) => JsonOutput.Write(
        output,
        writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("errors");
            foreach (MillraceException error in errors)
            {
                Write(writer, error);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        },
        indented: false);

    /// <summary>Writes one error as an object.</summary>
    public static void Write(Utf8JsonWriter writer, MillraceException error)
    {
        writer.WriteStartObject();
        writer.WriteString("code", error.Code.Id);
        writer.WriteString("kind", JsonNamingPolicy.SnakeCaseLower.ConvertName(error.Code.Kind.ToString()));
        writer.WriteString("message", error.Message);
        writer.WriteString("fix", error.Fix);
        writer.WriteString("config_path", error.ConfigPath);
        writer.WriteBoolean("is_transient", error.IsTransient);
        writer.WriteEndObject();
    }
}
