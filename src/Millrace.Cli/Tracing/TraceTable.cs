using System.Collections.Immutable;
using Millrace.Catalog.Runs;
using Millrace.Core.Contracts;
using Millrace.Core.Lineage;

namespace Millrace.Cli.Tracing;

/// <summary>What is known of a key in one table of a trace.</summary>
/// <param name="Node">The table or dataset.</param>
/// <param name="Trace">What the table holds; null for a source's dataset, and where there is no such table.</param>
internal sealed record TraceTable(LineageNode Node, RowTrace? Trace)
{
    /// <summary>The table that the trace came from; null for the first.</summary>
    public LineageNode? MadeInto { get; init; }

    /// <summary>Where each row came from, in the order of the rows.</summary>
    public ImmutableArray<TraceOrigin> Origins { get; init; } = [];

    /// <summary>Rows of the key in quarantine, masked.</summary>
    public ImmutableArray<QuarantinedRow> Quarantined { get; init; } = [];

    /// <summary>The latest task runs that wrote the table, newest first, whichever rows.</summary>
    public ImmutableArray<(long RunId, string TaskKey)> Writers { get; init; } = [];

    /// <summary>What has to be said of it.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>True where nothing is known of the key here, dead or alive.</summary>
    public bool HasNoRow => Trace is null || Trace.Rows.IsEmpty;
}

/// <summary>Where a row came from.</summary>
/// <param name="Run">The run; null where the row names none, or the catalog does not know it.</param>
/// <param name="Tasks">The task runs of it that wrote the table.</param>
internal sealed record TraceOrigin(RunRecord? Run, ImmutableArray<(TaskRunRecord Task, string Rule)> Tasks)
{
    /// <summary>What has to be said of it, or null.</summary>
    public string? Note { get; init; }
}
