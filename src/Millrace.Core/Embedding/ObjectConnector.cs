using System.Collections.Immutable;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Core.Embedding;

/// <summary>The connection settings of a source of objects: there are none.</summary>
internal sealed class ObjectOptions;

/// <summary>A source of objects that the program itself has.</summary>
internal sealed class ObjectConnector<T> : IConnector
{
    private readonly string _dataset;
    private readonly Func<CancellationToken, IAsyncEnumerable<T>> _rows;
    private readonly ImmutableArray<ObjectColumn<T>> _columns;
    private readonly TableSchema _schema;

    public ObjectConnector(string dataset, Func<CancellationToken, IAsyncEnumerable<T>> rows, string[] key)
    {
        _dataset = dataset;
        _rows = rows;
        _columns = ObjectColumn<T>.All();
        _schema = new TableSchema(TableId.Parse(dataset), [.. _columns.Select(c => c.Schema)], [.. key]);
        if (key.FirstOrDefault(k => _schema.IndexOf(k) < 0) is { } missing)
        {
            throw new ArgumentException($"{typeof(T).Name} has no property {missing}.", nameof(key));
        }
    }

    public ConnectorInfo Info { get; } = new("objects", "Objects", "Rows that a program has in hand.", typeof(ObjectOptions))
    {
        Methods = [ReplicationMethod.FullRefresh],
    };

    public ISource CreateSource(SourceSettings settings) => new ObjectSource<T>(_schema, _columns, _rows);

    public ValueTask<IReadOnlyList<DatasetInfo>> DiscoverAsync(ConnectionSettings connection, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<DatasetInfo>>([new(_dataset, Estimate.Unknown, Info.Methods, _schema)]);

    public ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(ConnectionSettings connection, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<CheckFinding>>([]);
}
