using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>
/// One engine's side of a relational source, for one run of one task: it knows tables, describes queries and opens reads. <see cref="OpenAsync"/> may be
/// called from several threads; the other members are called one at a time. Every member ends within two seconds of a cancellation.
/// </summary>
internal abstract class RelationalEngine : IAsyncDisposable
{
    /// <summary>How it writes SQL.</summary>
    public abstract RelationalDialect Dialect { get; }

    /// <summary>A table or view.</summary>
    /// <param name="dataset">Its name: <c>schema.table</c>, or <c>table</c> in the connection's schema.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.DatasetNotFound"/>.</exception>
    public abstract ValueTask<Relation> DescribeTableAsync(string dataset, CancellationToken cancellationToken);

    /// <summary>A query, without its parentheses.</summary>
    /// <param name="dataset">Its name in the task.</param>
    /// <param name="query">The query, whose values are bound to every statement from here on.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.SourceQueryFailed"/>.</exception>
    public abstract ValueTask<Relation> DescribeQueryAsync(string dataset, SourceQuery query, CancellationToken cancellationToken);

    /// <summary>The tables and views that the user may see, without Millrace's own, by name.</summary>
    public abstract ValueTask<IReadOnlyList<DatasetInfo>> ListAsync(CancellationToken cancellationToken);

    /// <summary>What a statement would read.</summary>
    /// <param name="relation">What is read.</param>
    /// <param name="conditions">Conditions that all must hold.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public abstract ValueTask<Estimate> EstimateAsync(Relation relation, IReadOnlyList<string> conditions, CancellationToken cancellationToken);

    /// <summary>The one number that a statement gives.</summary>
    public abstract ValueTask<long> NumberAsync(string sql, CancellationToken cancellationToken);

    /// <summary>Splits a relation by its key into parts that can be read at once.</summary>
    /// <param name="relation">A relation that has a key.</param>
    /// <param name="conditions">Conditions that all must hold.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Keys at which a new part begins, in order; empty where the relation is better read by one.</returns>
    public virtual ValueTask<IReadOnlyList<string[]>> SplitAsync(Relation relation, IReadOnlyList<string> conditions, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<string[]>>([]);

    /// <summary>Opens a read.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="columns">Where its columns go, in their order.</param>
    /// <param name="cancellationToken">Cancels the opening, and every wait of the stream.</param>
    public abstract ValueTask<RowStream> OpenAsync(string sql, BatchColumns columns, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
