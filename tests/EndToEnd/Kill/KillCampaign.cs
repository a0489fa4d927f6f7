using System.Diagnostics;
using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Kill;

/// <summary>What a campaign did.</summary>
/// <param name="Kills">Runs that were killed.</param>
/// <param name="Runs">Runs that ended by themselves.</param>
/// <param name="Changes">Changes of documents in the log.</param>
/// <param name="Result">What all comparisons found.</param>
internal sealed record CampaignReport(int Kills, int Runs, int Changes, ComparisonResult Result)
{
    public override string ToString() =>
        $"{Kills} kills, {Runs} runs that ended, {Changes} changes, {Result.Rows} rows compared, {Result.Differences.Count} differences";
}

/// <summary>
/// Runs the loader over a dump and a growing chain of oplog files, breaks runs at random moments, and compares every row with the independent
/// replay on the way and at the end.
/// </summary>
/// <param name="folder">A folder of its own.</param>
/// <param name="warehouse">The destination.</param>
/// <param name="seed">Decides data, budgets and moments.</param>
internal sealed class KillCampaign(TemporaryFolder folder, Warehouse warehouse, int seed)
{
    private const int ComparedEvery = 20;
    private const int MostFiles = 60;
    private const int LeastRows = 20;
    private const string AllDatasets = "\"*\"";

    private static readonly string[] Collections = ["other.misc", "shop.dates", "shop.fs.files", "shop.keys", "shop.mixed", "shop.orders", "shop.people"];

    private readonly Random _random = new(seed);
    private readonly ReplicationProject _project = new(folder, warehouse);
    private readonly List<ComparisonResult> _results = [];
    private TimeSpan _usual = TimeSpan.FromSeconds(2);
    private int _kills;
    private int _runs;

    /// <summary>How a run is broken; SIGKILL of the program unless a test says otherwise.</summary>
    public Action<MillraceProcess> Break { get; init; } = process => process.Kill();

    /// <summary>What may happen in the source.</summary>
    public ScriptFeatures Features { get; init; } = ScriptFeatures.All;

    /// <summary>Datasets that runs take turns with; all of them are taken before a comparison.</summary>
    public string[] Datasets { get; init; } = [];

    /// <summary>Runs until so many runs were broken, then to completion.</summary>
    public CampaignReport Run(int kills)
    {
        var script = new ChangeScript(seed, ScriptFeatures.Transactions, Collections);
        var chain = new OplogChain(folder.Path, script, seed);
        script.Fill(60);
        chain.WriteDump(15);
        script.Features = Features;
        while (_kills < kills)
        {
            if (_random.Next(2) == 0 && chain.Files.Count < MostFiles)
            {
                chain.WriteNext(_random.Next(50, 400));
            }

            ChooseSettings();
            bool wasKilled = RunOnce();
            if (wasKilled && _kills % ComparedEvery == 0)
            {
                CompleteAndCompare(chain);
            }
            else if (!wasKilled)
            {
                chain.WriteNext(_random.Next(50, 200));
            }
        }

        // Drops may have left little: the last comparison has rows in every collection.
        script.Settle();
        script.Fill(LeastRows);
        chain.WriteNext(0);
        CompleteAndCompare(chain);
        return new(_kills, _runs, script.Model.Changes, ComparisonResult.Sum(_results));
    }

    private void ChooseSettings()
    {
        _project.CommitEveryRows = _random.Next(4) == 0 ? null : _random.Next(20, 300);
        _project.RunMaxRows = _random.Next(4) == 0 ? _random.Next(50, 600) : null;
        _project.RunMaxBytes = _random.Next(6) == 0 ? "40KB" : null;
        if (Datasets.Length > 0 && _random.Next(3) == 0)
        {
            _project.Dataset = Datasets[_random.Next(Datasets.Length)];
        }
    }

    private bool RunOnce()
    {
        long start = Stopwatch.GetTimestamp();
        using MillraceProcess process = _project.Start();
        if (IsStillRunning(process))
        {
            Break(process);
            _kills++;
            process.WaitForEnd();
            return true;
        }

        _usual = (_usual + Stopwatch.GetElapsedTime(start)) / 2;
        process.WaitForEnd().ShouldExitWith(0);
        _runs++;
        return false;
    }

    // Moments by the clock, and moments around a commit: the program prints one line after each.
    private bool IsStillRunning(MillraceProcess process)
    {
        if (_random.Next(3) > 0)
        {
            return !process.WaitForExit(Moment());
        }

        return process.WaitForOutput("\"committed\"", _random.Next(1, 4)) && !process.WaitForExit(TimeSpan.FromMilliseconds(_random.Next(40)));
    }

    // Mostly any moment of a run; sometimes right at its start, and sometimes late, when it commits and closes.
    private TimeSpan Moment() => _random.Next(10) switch
    {
        0 => TimeSpan.FromMilliseconds(_random.Next(60)),
        < 4 => _usual * (0.7 + (0.3 * _random.NextDouble())),
        _ => _usual * _random.NextDouble(),
    };

    private void CompleteAndCompare(OplogChain chain)
    {
        _project.RunMaxRows = null;
        _project.RunMaxBytes = null;
        _project.Dataset = AllDatasets;
        _project.Run().ShouldExitWith(0);
        _runs++;
        string replayed = folder["replayed" + _results.Count];
        ComparisonResult result = _project.Compare(IndependentReplay.Run(replayed, chain.Dump, chain.Files));
        _results.Add(result);
        folder.IsKept = result.Differences.Count > 0;
        _project.Quarantined().ShouldBeEmpty($"seed {seed}, after {_kills} kills");
        result.Differences.ShouldBeEmpty($"seed {seed}, after {_kills} kills");
    }
}
