using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Millrace.Catalog;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Orchestration.Forecast;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace plan JOB</c>: what waits, how many runs the budget makes of it, how long and at what cost.</summary>
internal static class PlanVerb
{
    public static Verb Create()
    {
        var verb = new Verb(
            "plan",
            "Forecast a job without reading it all: rows and bytes that wait, runs, time and cost. ~ marks an estimate, ? what is not known.")
        {
            Examples = ["millrace plan load", "millrace plan load --max-bytes 10MB", "millrace plan load --full-refresh --json"],
        };
        RunChoice choice = RunChoice.AddTo(verb, "As if everything were read again.");
        verb.Does((context, cancellationToken) => RunAsync(context, choice, cancellationToken));
        return verb;
    }

    private static async Task<int> RunAsync(VerbContext context, RunChoice choice, CancellationToken cancellationToken)
    {
        Workspace workspace = await Workspace.OpenAsync(context, cancellationToken).ConfigureAwait(false);
        ICatalog catalog = await workspace.OpenCatalogToReadAsync(cancellationToken).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            ImmutableArray<TaskForecast> forecasts = await new Forecaster(workspace.RunnerSettings(catalog))
                .ForecastAsync(choice.Project(context, workspace), choice.Request(context), cancellationToken).ConfigureAwait(false);
            if (context.Json)
            {
                JsonOutput.Write(context.Out, writer => Write(writer, context, forecasts));
            }
            else
            {
                Print(context, forecasts);
            }

            ReportedError[] errors = [.. forecasts.Select(f => f.Error).OfType<MillraceException>().Select(context.Report)];
            return errors.Length == 0 ? ExitCodes.Ok : ExitCodes.For(errors);
        }
    }

    private static void Print(VerbContext context, ImmutableArray<TaskForecast> forecasts)
    {
        context.Terminal.Table(
            ["task", ">generation", ">rows", ">bytes", "oldest change", ">runs", ">time", ">cost"],
            forecasts.Where(f => f.Error is null).Select(f => (IReadOnlyList<string>)
            [
                f.Task.Name,
                $"{f.Generation}",
                Mark(f.Rows, $"{f.Rows.Value:N0}"),
                Mark(f.Bytes, new ByteSize((long)f.Bytes.Value).ToString()),
                f.Oldest?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "",
                Mark(f.Runs, $"{f.Runs.Value:N0}"),
                Mark(f.Seconds, Figures.Time(TimeSpan.FromSeconds(f.Seconds.Value))),
                f.Task.Prices is { } prices ? Mark(f.Cost, $"{f.Cost.Value:N2} {prices.Currency}") : "",
            ]));
        foreach ((string task, string note) in forecasts.SelectMany(f => f.Notes.Select(n => (f.Task.Name, n))))
        {
            context.Out.WriteLine($"{task}: {note}");
        }

        foreach (TaskForecast forecast in forecasts.Where(f => f.Error is not null))
        {
            context.Error.WriteLine($"{forecast.Task.Name}:");
            ErrorPrinter.Print(context.Error, [context.Report(forecast.Error!)]);
        }
    }

    private static string Mark(Figure figure, string text) => Figures.Mark(figure.Known, text);

    private static void Write(Utf8JsonWriter writer, VerbContext context, ImmutableArray<TaskForecast> forecasts)
    {
        writer.WriteStartArray();
        foreach (TaskForecast forecast in forecasts)
        {
            writer.WriteStartObject();
            writer.WriteString("task", forecast.Task.Name);
            writer.WriteNumber("generation", forecast.Generation);
            Write(writer, "rows", forecast.Rows);
            Write(writer, "bytes", forecast.Bytes);
            Write(writer, "runs", forecast.Runs);
            Write(writer, "seconds", forecast.Seconds);
            Write(writer, "cost", forecast.Cost);
            writer.WriteString("currency", forecast.Task.Prices?.Currency);
            writer.WriteString("oldest", forecast.Oldest?.ToString("O", CultureInfo.InvariantCulture));
            writer.WriteStartArray("notes");
            forecast.Notes.ToList().ForEach(writer.WriteStringValue);
            writer.WriteEndArray();
            ErrorPrinter.WriteAll(writer, "errors", forecast.Error is { } error ? [context.Report(error)] : []);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, string name, Figure figure)
    {
        writer.WriteStartObject(name);
        if (figure.Known == Certainty.Unknown)
        {
            writer.WriteNull("value");
        }
        else
        {
            writer.WriteNumber("value", figure.Value);
        }

        writer.WriteString("known", SnakeCase.Of(figure.Known));
        writer.WriteEndObject();
    }
}
