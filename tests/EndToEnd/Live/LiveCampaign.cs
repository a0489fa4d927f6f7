using System.Diagnostics;
using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;
using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Faults;

namespace Millrace.EndToEndTests.Live;

/// <summary>What a campaign against a running server did.</summary>
/// <param name="Kills">Runs that were killed.</param>
/// <param name="Ended">Runs that ended well by themselves.</param>
/// <param name="Failed">Runs that ended with an error, which a fault explains.</param>
/// <param name="Faults">Faults that were made.</param>
/// <param name="Changes">Changes of documents.</param>
/// <param name="Result">What all comparisons found.</param>
internal sealed record LiveReport(int Kills, int Ended, int Failed, int Faults, long Changes, ComparisonResult Result)
{
    public override string ToString() =>
        $"{Kills} kills, {Ended} runs that ended, {Failed} that failed, {Faults} faults, {Changes} changes, {Result.Rows} rows compared, {Result.Differences.Count} differences";
}

/// <summary>
/// Runs the loader against a server that several writers change without pause, kills runs at random moments, lets the server misbehave, and
/// compares every row with the server's documents on the way and at the end.
/// </summary>
/// <param name="folder">A folder of its own.</param>
/// <param name="warehouse">The destination.</param>
/// <param name="capture">How changes are read.</param>
/// <param name="seed">Decides data, budgets and moments; what the writers do meanwhile is decided by time as well.</param>
internal sealed class LiveCampaign(TemporaryFolder folder, Warehouse warehouse, string capture, int seed) : IAsyncDisposable
{
    private const int ComparedEvery = 20;
    private const int Writers = 3;
    private const int StepsAtOnce = 5;
    private const int StepsARun = 900; // of all writers: a run that is slow does not find the more to do

    private static readonly string[] Collections = ["shop.orders", "shop.people", "shop.keys", "shop.mixed"];
    private static readonly IdKind[] Kinds = [IdKind.Int32, IdKind.ObjectId, IdKind.Text, IdKind.Mixed];

    private readonly Random _random = new(seed);
    private readonly List<ComparisonResult> _results = [];
    private readonly List<LiveWriter> _writers = [];
    private readonly CancellationTokenSource _end = new();
    private ReplicationProject _project = null!;
    private MongoSimulator _server = null!;
    private Task[] _writing = [];
    private TimeSpan _usual = TimeSpan.FromSeconds(2);
    private int _stepsLeft;
    private int _kills;
    private int _ended;
    private int _failed;
    private int _faults;

    /// <summary>Runs until so many runs were killed, then to completion.</summary>
    public async Task<LiveReport> RunAsync(int kills)
    {
        await StartAsync();
        while (_kills < kills)
        {
            ChooseSettings();
            MayMisbehave();
            bool wasKilled = RunOnce();
            if (wasKilled && _kills % ComparedEvery == 0)
            {
                CompleteAndCompare();
            }
        }

        CompleteAndCompare();
        return new(_kills, _ended, _failed, _faults, _writers.Sum(w => w.Changes), ComparisonResult.Sum(_results));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_writing);
        await _server.DisposeAsync();
        _end.Dispose();
    }

    private async Task StartAsync()
    {
        _server = await MongoSimulator.StartAsync(new() { UpdateLogFormat = (UpdateLogFormat)(seed % 2), VectoredInserts = true, TransactionEntryOperations = 2 });
        _project = new(folder, warehouse)
        {
            SourceYaml = $"{{ type: mongodb, uri: \"{_server.Uri}&serverSelectionTimeoutMS=3000\", database: shop, capture: {capture} }}",
        };
        for (int i = 0; i < Writers; i++)
        {
            var writer = new LiveWriter(_server, Collections, Kinds, seed + i) { ChangesCollections = i == 0 };
            writer.Run(400);
            _writers.Add(writer);
        }

        _writing = [.. _writers.Select(w => Task.Factory.StartNew(() => Write(w), TaskCreationOptions.LongRunning))];
    }

    private void Write(LiveWriter writer)
    {
        while (!_end.IsCancellationRequested)
        {
            if (Interlocked.Add(ref _stepsLeft, -StepsAtOnce) >= 0)
            {
                lock (writer)
                {
                    writer.Run(StepsAtOnce);
                }
            }

            Thread.Sleep(20); // the pace of an application, so that runs meet changes while they read
        }
    }

    private void ChooseSettings()
    {
        _project.CommitEveryRows = _random.Next(3) == 0 ? null : _random.Next(20, 300);
        _project.RunMaxRows = _random.Next(4) == 0 ? _random.Next(50, 600) : null;
        _project.RunMaxBytes = _random.Next(6) == 0 ? "40KB" : null;
    }

    private void MayMisbehave()
    {
        Fault? fault = _random.Next(14) switch
        {
            0 => new(FaultAction.CloseBefore) { Skip = _random.Next(30) },
            1 => new(FaultAction.CloseAfter) { Skip = _random.Next(30) },
            2 => new(FaultAction.PartialReply) { Skip = _random.Next(30), Commands = ["getMore", "find", "aggregate"], Bytes = _random.Next(20, 2000) },
            3 => new(FaultAction.SlowReply) { Skip = _random.Next(10), Commands = ["getMore", "find", "aggregate"], Bytes = 4096, Pause = TimeSpan.FromMilliseconds(20) },
            4 => new(FaultAction.Fail) { Skip = _random.Next(20), Commands = ["getMore", "find", "aggregate"], Code = 11600, Message = "interrupted at shutdown" },
            _ => null,
        };
        if (fault is not null)
        {
            _server.Faults.Add(fault);
            _faults++;
        }
        else if (_random.Next(14) == 0)
        {
            _server.StepDown();
            _server.StepUp();
            _faults++;
        }
    }

    private bool RunOnce()
    {
        long start = Stopwatch.GetTimestamp();
        Interlocked.Exchange(ref _stepsLeft, StepsARun);
        using MillraceProcess process = _project.Start();
        if (IsStillRunning(process))
        {
            process.Kill();
            process.WaitForEnd();
            _kills++;
            return true;
        }

        _usual = (_usual + Stopwatch.GetElapsedTime(start)) / 2;
        ProcessOutcome outcome = process.WaitForEnd();
        if (outcome.ExitCode == 0)
        {
            _ended++;
        }
        else
        {
            // A fault may fail a run, with a code that says so; the next one goes on.
            outcome.All.ShouldNotContain("MR1099");
            _faults.ShouldBeGreaterThan(0, outcome.All);
            _failed++;
        }

        return false;
    }

    private bool IsStillRunning(MillraceProcess process) => _random.Next(3) > 0
        ? !process.WaitForExit(_usual * _random.NextDouble())
        : process.WaitForOutput("\"committed\"", _random.Next(1, 4)) && !process.WaitForExit(TimeSpan.FromMilliseconds(_random.Next(40)));

    private void CompleteAndCompare()
    {
        _writers.ForEach(Monitor.Enter);
        try
        {
            CompareAtRest();
        }
        finally
        {
            _writers.ForEach(Monitor.Exit);
        }
    }

    private void CompareAtRest()
    {
        _server.Faults.Clear();
        (_project.CommitEveryRows, _project.RunMaxRows, _project.RunMaxBytes) = (null, null, null);
        _project.Run().ShouldExitWith(0);
        _ended++;
        ComparisonResult result = _project.Compare(Documents());
        _results.Add(result);
        folder.IsKept = result.Differences.Count > 0;
        _project.Quarantined().ShouldBeEmpty($"seed {seed}, after {_kills} kills");
        result.Differences.ShouldBeEmpty($"seed {seed}, after {_kills} kills");
    }

    // The server's documents, read by the independent replay from files that hold them as they are.
    private Dictionary<string, string[]> Documents()
    {
        string dump = folder["server" + _results.Count];
        foreach (string ns in _server.Namespaces.Where(n => n.StartsWith("shop.", StringComparison.Ordinal)))
        {
            DumpWriter.WriteCollection(dump, ns, Guid.NewGuid(), _server.Documents(ns));
        }

        return IndependentReplay.Run(dump + "-read", dump, []);
    }
}
