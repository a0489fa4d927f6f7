using System.Collections.Immutable;

namespace Millrace.Core.Contracts;

/// <summary>
/// One system that Millrace can talk to. Registered once, by one line in the composition root; everything that is said of it (docs, schema,
/// validation, <c>millrace connectors</c>) derives from <see cref="Info"/>.
/// </summary>
public interface IConnector
{
    /// <summary>What it is and can do.</summary>
    ConnectorInfo Info { get; }

    /// <summary>Opens a source for one run of one task. Connects lazily: problems surface in the source's own members.</summary>
    /// <exception cref="NotSupportedException">The connector is no source.</exception>
    ISource CreateSource(SourceSettings settings) => throw new NotSupportedException($"{Info.Type} is not a source.");

    /// <summary>Opens a destination for one run of one task. Connects lazily.</summary>
    /// <exception cref="NotSupportedException">The connector is no destination.</exception>
    IDestination CreateDestination(DestinationSettings settings) => throw new NotSupportedException($"{Info.Type} is not a destination.");

    /// <summary>Makes what runs SQL steps (T and L) on a connection. Connects lazily.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="NotSupportedException">The connector runs no SQL (<see cref="ConnectorInfo.RunsSql"/>).</exception>
    SqlSteps.ISqlStepRunner CreateStepRunner(ConnectionSettings connection, TimeProvider time) =>
        throw new NotSupportedException($"{Info.Type} runs no SQL steps.");

    /// <summary>What tells the lineage of SQL steps from their text; null where there is none. Needs no secret.</summary>
    /// <param name="schema">The schema of tables that name none, where the connection sets one.</param>
    SqlSteps.ISqlLineageReader? CreateLineageReader(string? schema) => null;

    /// <summary>Lists what a connection offers, for <c>millrace discover</c> and for patterns such as <c>dataset: "*"</c>.</summary>
    ValueTask<IReadOnlyList<DatasetInfo>> DiscoverAsync(ConnectionSettings connection, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{Info.Type} cannot list datasets.");

    /// <summary>Tries the connection for <c>millrace check</c>, each finding with its fix; never throws for an expected problem.</summary>
    ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(ConnectionSettings connection, CancellationToken cancellationToken);

    /// <summary>
    /// Looks, for <c>millrace check</c>, whether what the project's tasks write can be written; called where <see cref="CheckAsync"/> found nothing
    /// amiss. Makes and locks nothing, and never throws for an expected problem.
    /// </summary>
    ValueTask<IReadOnlyList<CheckFinding>> CheckTargetsAsync(
        ConnectionSettings connection, IReadOnlyList<WriteTarget> targets, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<CheckFinding>>([]);
}

/// <summary>What a connector is and can do.</summary>
/// <param name="Type">The name in the project file: <c>mongodb</c>.</param>
/// <param name="Title">The name for people: <c>MongoDB</c>.</param>
/// <param name="Summary">One or two sentences.</param>
/// <param name="ConnectionOptions">The type whose <see cref="Config.OptionAttribute"/> properties are a connection's settings.</param>
public sealed record ConnectorInfo(string Type, string Title, string Summary, Type ConnectionOptions)
{
    /// <summary>The type of further settings under <c>source:</c>, or null where there are none.</summary>
    public Type? SourceOptions { get; init; }

    /// <summary>The type of further settings under <c>target:</c>, or null where there are none.</summary>
    public Type? TargetOptions { get; init; }

    /// <summary>Pages under <c>docs/</c> that tell more of it: file name and title.</summary>
    public ImmutableArray<(string File, string Title)> Guides { get; init; } = [];

    /// <summary>Methods that it offers as a source; empty where it is none. The first is the default.</summary>
    public ImmutableArray<ReplicationMethod> Methods { get; init; } = [];

    /// <summary>
    /// Fields that key every dataset of a schemaless source (MongoDB: <c>_id</c>); empty where each dataset has its own key or none. Where there is
    /// one, an incremental task merges without <c>primary_key</c> being set.
    /// </summary>
    public ImmutableArray<string> DefaultKey { get; init; } = [];

    /// <summary>
    /// True where each dataset has a key of its own or none, which only the system tells (a database's tables). An incremental task then merges
    /// without <c>primary_key</c> being set: a dataset that has no key is appended.
    /// </summary>
    public bool HasDatasetKeys { get; init; }

    /// <summary>
    /// The only fields that a delete in the source's change log carries (MongoDB: <c>_id</c>), and which an update never changes: a table that is
    /// kept by change capture can be keyed by nothing else. Empty where a delete carries whatever key the task names.
    /// </summary>
    public ImmutableArray<string> ChangeKey { get; init; } = [];

    /// <summary>Dispositions that it offers as a destination; empty where it is none.</summary>
    public ImmutableArray<WriteDisposition> Dispositions { get; init; } = [];

    /// <summary>True where SQL steps (T and L) run on it.</summary>
    public bool RunsSql { get; init; }

    /// <summary>True where a SQL step may be a stored procedure.</summary>
    public bool HasProcedures { get; init; }

    /// <summary>Merge strategies that it offers as a destination.</summary>
    public ImmutableArray<MergeStrategy> Strategies { get; init; } = [];
}

/// <summary>A named connection with its bound options.</summary>
/// <param name="Name">The connection's name in the project.</param>
/// <param name="Options">An instance of <see cref="ConnectorInfo.ConnectionOptions"/>, secrets resolved.</param>
/// <param name="BasePath">The folder of the project; relative paths in options start there.</param>
public sealed record ConnectionSettings(string Name, object Options, string BasePath)
{
    /// <summary>The name alone: options hold secrets.</summary>
    public override string ToString() => $"connection {Name}";
}

/// <summary>What a source is made from.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="TaskKey">The task's stable key.</param>
/// <param name="Datasets">The datasets of the task, patterns resolved (for change capture new ones may appear under <see cref="Selector"/>).</param>
/// <param name="Method">How to read.</param>
public sealed record SourceSettings(
    ConnectionSettings Connection, string TaskKey, ImmutableArray<string> Datasets, ReplicationMethod Method)
{
    /// <summary>Which datasets belong to the task.</summary>
    public DatasetSelector Selector { get; init; } = DatasetSelector.All;

    /// <summary>The cursor field of incremental reads.</summary>
    public string? CursorField { get; init; }

    /// <summary>True where the target merges on a key: a row that is read a second time then changes nothing. Where it appends, it would be doubled.</summary>
    public bool MayRepeat { get; init; }

    /// <summary>Key fields that the task names; empty for the source's own.</summary>
    public ImmutableArray<string> PrimaryKey { get; init; } = [];

    /// <summary>A filter in the source's own language (MongoDB: an extended JSON filter), or null.</summary>
    public string? Filter { get; init; }

    /// <summary>Fields to read; empty for all. The key is always read.</summary>
    public ImmutableArray<string> Fields { get; init; } = [];

    /// <summary>Backfill: rows from this time on (inclusive), by the cursor field or the source's own time; null for no bound.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Backfill: rows before this time (exclusive).</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>What a drop of a dataset does to its target.</summary>
    public OnDrop OnDrop { get; init; } = OnDrop.Ignore;

    /// <summary>The bound <see cref="ConnectorInfo.SourceOptions"/>, or null.</summary>
    public object? Options { get; init; }

    /// <summary>A folder that belongs to this task alone, for state that the source keeps (made on demand).</summary>
    public string StateDirectory { get; init; } = "";

    /// <summary>True where somebody only looks (a forecast): no file is made or changed, in <see cref="StateDirectory"/> neither.</summary>
    public bool LooksOnly { get; init; }

    /// <summary>True where a mask is set: bytes that cannot be decoded must then not be shown.</summary>
    public bool HidesRaw { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>What a destination is made from.</summary>
/// <param name="Connection">The connection.</param>
public sealed record DestinationSettings(ConnectionSettings Connection)
{
    /// <summary>The bound <see cref="ConnectorInfo.TargetOptions"/>, or null.</summary>
    public object? Options { get; init; }

    /// <summary>True where somebody only looks: a database that is not there yet is an empty one, and is not made.</summary>
    public bool LooksOnly { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>What the drop of a dataset in the source does to its target.</summary>
public enum OnDrop
{
    /// <summary>The target's rows stay.</summary>
    Ignore,

    /// <summary>The target's rows are deleted, as the delete mode says.</summary>
    Delete,

    /// <summary>The run fails.</summary>
    Fail,
}

/// <summary>Which datasets a task takes: names or patterns with <c>*</c>, less the excluded ones.</summary>
/// <param name="Include">Names or patterns.</param>
/// <param name="Exclude">Names or patterns.</param>
public sealed record DatasetSelector(ImmutableArray<string> Include, ImmutableArray<string> Exclude)
{
    /// <summary>Every dataset.</summary>
    public static DatasetSelector All { get; } = new(["*"], []);

    /// <summary>True where the dataset belongs to the task.</summary>
    public bool Matches(string dataset) => Include.Any(p => Fits(p, dataset)) && !Exclude.Any(p => Fits(p, dataset));

    /// <summary>The names among <see cref="Include"/>: what is no pattern.</summary>
    public IEnumerable<string> Names => Include.Where(i => !IsPattern(i));

    /// <summary>True for a text that stands for many names.</summary>
    public static bool IsPattern(string text) => text.AsSpan().ContainsAny('*', '?');

    private static bool Fits(string pattern, string name) =>
        System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern.Replace("\\", "\\\\", StringComparison.Ordinal), name, ignoreCase: false);
}

/// <summary>A dataset that a connection offers.</summary>
/// <param name="Name">Its name as <c>dataset:</c> takes it.</param>
/// <param name="Waiting">Rows and bytes in it.</param>
/// <param name="Methods">Methods that it can be read by.</param>
/// <param name="Schema">Fields and key as far as a bounded sample shows them.</param>
/// <param name="Note">Anything worth knowing, or null.</param>
public sealed record DatasetInfo(
    string Name, Estimate Waiting, ImmutableArray<ReplicationMethod> Methods, Schemas.TableSchema Schema, string? Note = null);

/// <summary>One finding of a check.</summary>
/// <param name="What">What was tried.</param>
/// <param name="Error">Null where it went well.</param>
/// <param name="Detail">What was seen, or null.</param>
public sealed record CheckFinding(string What, Errors.MillraceException? Error, string? Detail = null);
