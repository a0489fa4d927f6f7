using System.Runtime.CompilerServices;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>
/// Reads collections of a live server. Every range of a collection's ids is a partition <c>snapshot:DATABASE.COLLECTION/NNNN</c>, an incremental
/// read <c>cursor:DATABASE.COLLECTION</c>; with change capture the partition <c>log</c> comes before the snapshot. Calls into the driver block,
/// so they are made on threads of their own, one client each.
/// </summary>
internal sealed class MongoDbLiveSource : ISource
{
    private readonly SourceSettings _settings;
    private readonly LiveConnection _connection;
    private readonly DatasetNames _names;
    private readonly Lazy<MongoPool> _pool;
    private LivePlanner? _planner;

    public MongoDbLiveSource(SourceSettings settings, LiveConnection connection)
    {
        _settings = settings;
        _connection = connection;
        _names = new(connection.Database, settings.Datasets, settings.Selector);
        _pool = new(connection.Open);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<TableSchema>> DescribeAsync(CancellationToken cancellationToken) =>
        await LiveThread.RunAsync(() => Describe(cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<ReadPlan> PlanAsync(PlanRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await LiveThread.RunAsync(
            () =>
            {
                using MongoClient client = _pool.Value.Take(cancellationToken);
                _planner = LivePlanner.Ask(client, _connection, _names, _settings);
                return _planner.Plan(client, request);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<RecordBatch> ReadAsync(ReadRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return BatchPump.ReadAsync(stopped => Open(request, stopped), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (_pool.IsValueCreated)
        {
            _pool.Value.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private List<TableSchema> Describe(CancellationToken cancellationToken)
    {
        var schemas = new List<TableSchema>();
        using MongoClient client = _pool.Value.Take(cancellationToken);
        LivePlanner planner = _planner ?? LivePlanner.Ask(client, _connection, _names, _settings);
        foreach (LiveCollection collection in planner.Chosen())
        {
            TableId table = _names.TableOf(collection.Name);
            TableSchema schema = LiveSample.Take(client, collection.Name, table, _settings, cancellationToken);
            schemas.Add(schema.Columns.IsEmpty ? schema with { Columns = [DatasetNames.ServersOwnId], Key = [DatasetNames.ServersOwnId.Name] } : schema);
        }

        return schemas;
    }

    private IBatchReader Open(ReadRequest request, CancellationToken cancellationToken)
    {
        MongoClient client = _pool.Value.Take(cancellationToken);
        try
        {
            return _planner!.Open(client, request);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }
}
