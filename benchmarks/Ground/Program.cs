using Millrace.Ground;

// Whole loads, measured from outside: rows are counted at the target, peers run in the same session, each figure is a median.
//   dotnet run -c Release --project benchmarks/Ground -- [scenario ...] [--docs N] [--runs N] [--out FILE]
Options options = Options.Parse(args);
await using var bench = await Bench.StartAsync(options).ConfigureAwait(false);
foreach (string scenario in options.Scenarios)
{
    Task run = scenario switch
    {
        "snapshot" => new SnapshotScenario(bench).RunAsync(),
        "changes" => new ChangesScenario(bench).RunAsync(),
        "cost" => new CostOfARunScenario(bench).RunAsync(),
        "allocations" => new AllocationScenario(bench).RunAsync(),
        "live" => new LiveScenario(bench).RunAsync(),
        "budget" => new BudgetScenario(bench).RunAsync(),
        _ => throw new ArgumentException($"No scenario '{scenario}'; there are {string.Join(", ", Options.All)}."),
    };
    await run.ConfigureAwait(false);
}

bench.Report.Write(options.Out);
