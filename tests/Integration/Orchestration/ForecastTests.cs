using Millrace.Core.Contracts;
using Millrace.Orchestration.Forecast;
using Millrace.Orchestration.Runner;
using Millrace.Testing.Fakes;

namespace Millrace.IntegrationTests.Orchestration;

public sealed class ForecastTests
{
    private const string Priced = ", limits: { run_max_rows: 10 }, prices: { per_gb: 1000000, per_run: 2, currency: EUR }";

    [Fact]
    public async Task What_was_forecast_is_what_happens()
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(RunnerHouse.Task("a", Priced));

        TaskForecast before = await ForecastAsync(house);
        long rows = 0;
        int runs = 0;
        while ((await ForecastAsync(house)).Rows.Value > 0)
        {
            rows += (await house.RunAsync()).Tasks[0].Outcome!.Rows;
            runs++;
        }

        before.Rows.ShouldBe(new Figure(rows, Certainty.Exact));
        before.Runs.ShouldBe(new Figure(runs, Certainty.Exact));
        before.Bytes.ShouldBe(new Figure(25 * ScriptedSource.BytesPerChange, Certainty.Exact));
        before.Seconds.Known.ShouldBe(Certainty.Unknown);
        before.Cost.Value.ShouldBe(2.5 + (3 * 2), 1e-9);
        TaskForecast after = await ForecastAsync(house);
        (after.Rows.Value, after.Generation).ShouldBe((0, 1));
    }

    [Fact]
    public async Task Past_runs_tell_how_long_it_takes_and_a_full_refresh_reads_all_again()
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(RunnerHouse.Task("a", Priced));
        await house.RunAsync();

        TaskForecast rest = await ForecastAsync(house);
        TaskForecast all = await ForecastAsync(house, new("j") { FullRefresh = true });

        rest.Rows.ShouldBe(new Figure(15, Certainty.Exact));
        rest.Seconds.Known.ShouldBe(Certainty.Estimated);
        all.Rows.ShouldBe(new Figure(25, Certainty.Exact));
        all.Generation.ShouldBe(2);
    }

    [Fact]
    public async Task A_source_that_cannot_be_asked_has_its_reason_and_no_figures()
    {
        await using RunnerHouse house = await RunnerHouse.BuildAsync(RunnerHouse.Task("a"));
        house.Settings = house.Settings with { Secrets = new([], _ => null) };

        TaskForecast forecast = await ForecastAsync(house);

        forecast.Error!.Code.Id.ShouldBe("MR1003");
        forecast.Rows.ShouldBe(Figure.Unknown);
    }

    private static async Task<TaskForecast> ForecastAsync(RunnerHouse house, RunRequest? request = null) =>
        (await new Forecaster(house.Settings).ForecastAsync(house.Project, request ?? new("j"), CancellationToken.None)).Single();
}
