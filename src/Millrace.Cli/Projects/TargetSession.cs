using Millrace.Catalog;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Orchestration.Leases;

namespace Millrace.Cli.Projects;

/// <summary>A task's destination, opened by hand while the task's lease keeps runs away.</summary>
internal sealed class TargetSession : IAsyncDisposable
{
    private readonly LeaseKeeper? _lease;

    private TargetSession(IDestination destination, LeaseKeeper? lease)
    {
        Destination = destination;
        _lease = lease;
    }

    /// <summary>The destination.</summary>
    public IDestination Destination { get; }

    /// <summary>Opens the destination for reading; runs may go on.</summary>
    public static TargetSession ToRead(Workspace workspace, TaskDefinition task) => new(Create(workspace, task.Target.Connection, task.Target.Options, looksOnly: true), null);

    /// <summary>Opens what a task of any step writes to for reading; runs may go on.</summary>
    public static TargetSession ToRead(Workspace workspace, ProjectTask task) => new(Create(workspace, task, looksOnly: true), null);

    /// <summary>Opens a connection's destination for reading; runs may go on.</summary>
    public static TargetSession ToRead(Workspace workspace, string connection) => new(Create(workspace, connection, null, looksOnly: true), null);

    /// <summary>Opens the destination for changes, under the task's lease.</summary>
    /// <exception cref="Core.Errors.MillraceException">MR1302: a run of the task is under way.</exception>
    public static async Task<TargetSession> ToChangeAsync(
        Workspace workspace, ICatalog catalog, ProjectTask task, CancellationToken cancellationToken)
    {
        LeaseKeeper lease = await LeaseKeeper.AcquireAsync(
            catalog.Leases, $"task/{task.Key}", ProcessProbe.Current(0), $"Task {task.Key}", LeaseKeeper.DefaultDuration, TimeProvider.System,
            cancellationToken).ConfigureAwait(false);
        return new(Create(workspace, task, looksOnly: false), lease);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Destination.DisposeAsync().ConfigureAwait(false);
        if (_lease is not null)
        {
            await _lease.DisposeAsync().ConfigureAwait(false);
        }
    }

    // A step of SQL keeps its watermark where it runs.
    private static IDestination Create(Workspace workspace, ProjectTask task, bool looksOnly) => task.Move is { } move
        ? Create(workspace, move.Target.Connection, move.Target.Options, looksOnly)
        : Create(workspace, task.Sql!.Connection, null, looksOnly);

    private static IDestination Create(Workspace workspace, string name, object? options, bool looksOnly)
    {
        ConnectionDefinition connection = workspace.Connection(name);
        return connection.Connector.CreateDestination(new DestinationSettings(workspace.Resolve(connection)) { Options = options, LooksOnly = looksOnly });
    }
}
