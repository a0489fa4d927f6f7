using Millrace.Catalog;
using Millrace.Core.Config;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Engine;
using Millrace.Orchestration.Leases;

namespace Millrace.Orchestration.Runner;

/// <summary>What runs are made with.</summary>
/// <param name="Catalog">The catalog.</param>
/// <param name="Secrets">Finds secrets.</param>
/// <param name="ProjectFolder">The project's folder: relative paths in connections start there.</param>
public sealed record RunnerSettings(ICatalog Catalog, SecretResolver Secrets, string ProjectFolder)
{
    /// <summary>The folder under which each task keeps its state.</summary>
    public string StateFolder { get; init; } = Path.Combine(ProjectFolder, ".millrace", "state");

    /// <summary>Makes the observer of a task run, told its run id.</summary>
    public Func<ProjectTask, long, IRunObserver> Observer { get; init; } = (_, _) => SilentObserver.Instance;

    /// <summary>How long leases hold without renewal.</summary>
    public TimeSpan LeaseDuration { get; init; } = LeaseKeeper.DefaultDuration;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>A task's own folder: its key, escaped, under <see cref="StateFolder"/>.</summary>
    public string StateOf(string taskKey) => Path.Combine(StateFolder, Uri.EscapeDataString(taskKey));
}
