using System.Collections.Immutable;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;

namespace Millrace.Core.Embedding;

/// <summary>
/// Moves datasets to tables from a program of one's own: the same engine, promises and connectors as the command line, without project file
/// and catalog. Immutable: every member returns another pipeline, so one can be kept and varied.
/// </summary>
/// <remarks>
/// A pipeline's state (checkpoints) lives in the destination under its <see cref="Key"/>: the next run with the same key goes on where the last one
/// committed. Two runs of one key at the same time are fenced by the destination; one of them fails and rolls back.
/// </remarks>
public sealed class MillracePipeline
{
    private readonly PipelineSource _source;
    private readonly IConnector _destination;
    private readonly ConnectionSettings _target;
    private readonly RunContext? _context;
    private ImmutableArray<Func<RecordBatch, RecordBatch>> _transforms = [];

    internal MillracePipeline(PipelineSource source, IConnector destination, ConnectionSettings target, TaskDefinition task)
    {
        _source = source;
        _destination = destination;
        _target = target;
        Task = task;
    }

    private MillracePipeline(MillracePipeline other, TaskDefinition task, RunContext? context)
        : this(other._source, other._destination, other._target, task)
    {
        _transforms = other._transforms;
        _context = context;
    }

    /// <summary>What is moved, with every setting of a task.</summary>
    public TaskDefinition Task { get; }

    /// <summary>The identity of the pipeline's state in the destination.</summary>
    public string Key => Task.Key;

    /// <summary>Starts a pipeline at a connector.</summary>
    /// <param name="connector">The source, such as <c>new MongoDbConnector()</c>, or one of your own.</param>
    /// <param name="options">Its connection settings, an instance of <see cref="ConnectorInfo.ConnectionOptions"/>; relative paths start in the current folder.</param>
    /// <param name="datasets">Names or patterns with <c>*</c>; none for all.</param>
    public static PipelineSource From(IConnector connector, object options, params string[] datasets)
    {
        ArgumentNullException.ThrowIfNull(connector);
        ArgumentNullException.ThrowIfNull(options);
        ImmutableArray<string> include = datasets is { Length: > 0 } ? [.. datasets] : ["*"];
        return new PipelineSource(connector, options, new DatasetSelector(include, []));
    }

    /// <summary>Starts a pipeline at objects of your own: each public property becomes a column.</summary>
    /// <typeparam name="T">The row. Properties: bool, short, int, long, float, double, decimal, string, byte[], Guid, DateOnly, TimeOnly,
    /// DateTime, DateTimeOffset, nullable or not.</typeparam>
    /// <param name="dataset">The name of the dataset.</param>
    /// <param name="rows">Gives the rows, anew each run.</param>
    /// <param name="key">Names of the properties that identify a row; none for rows without identity.</param>
    /// <exception cref="ArgumentException">A property has another type, or <paramref name="key"/> names none.</exception>
    public static PipelineSource From<T>(string dataset, Func<CancellationToken, IAsyncEnumerable<T>> rows, params string[] key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(dataset);
        ArgumentNullException.ThrowIfNull(rows);
        return From(new ObjectConnector<T>(dataset, rows, key ?? []), new ObjectOptions(), dataset);
    }

    /// <summary>
    /// Passes every batch through a function before it is shaped. It owns what it is given and hands on what it returns: the same batch,
    /// or another one after disposing the first. Several are applied in order.
    /// </summary>
    /// <param name="transform">Called from one thread a partition, in source order; it must give the same for the same rows.</param>
    public MillracePipeline Transform(Func<RecordBatch, RecordBatch> transform)
    {
        ArgumentNullException.ThrowIfNull(transform);
        return new MillracePipeline(this, Task, _context) { _transforms = _transforms.Add(transform) };
    }

    /// <summary>Changes any setting of the task: budget, contract, mappings, checks, key, delete mode.</summary>
    public MillracePipeline With(Func<TaskDefinition, TaskDefinition> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return new MillracePipeline(this, change(Task), _context);
    }

    /// <summary>Changes how the run works: observer, full refresh, backfill bounds, clock, state folder.</summary>
    public MillracePipeline WithRun(Func<RunContext, RunContext> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return new MillracePipeline(this, Task, change(_context ?? DefaultContext()));
    }

    /// <summary>Runs once: to the source's head as it is now, or to the budget. What it returns is durable.</summary>
    /// <exception cref="Errors.MillraceException">
    /// The task breaks a rule that a project file's tasks keep to (a configuration error, before anything is opened); or the run failed, and the
    /// destination is as at its last commit.
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancelled; likewise.</exception>
    public async Task<TaskOutcome> RunAsync(CancellationToken cancellationToken = default)
    {
        TaskDefinition task = PipelineRules.Check(Task, _source.Connector, _destination);
        IConnector source = _transforms.IsEmpty ? _source.Connector : new TransformingConnector(_source.Connector, _transforms);
        return await new TaskEngine(task, source, _destination, _context ?? DefaultContext()).RunAsync(cancellationToken).ConfigureAwait(false);
    }

    // Without a catalog that counts runs, the time is the number: it goes up from run to run.
    private RunContext DefaultContext() => new(
        TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        new ConnectionSettings("source", _source.Options, Path.GetFullPath(".")),
        _target,
        Path.Combine(Path.GetFullPath("."), ".millrace", "state", Uri.EscapeDataString(Key)));
}
