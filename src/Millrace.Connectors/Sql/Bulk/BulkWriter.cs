namespace Millrace.Connectors.Sql.Bulk;

/// <summary>A stream of rows into one table. One caller at a time. Dispose without <see cref="CompleteAsync"/> throws the rows away.</summary>
internal abstract class BulkWriter : IAsyncDisposable
{
    /// <summary>
    /// Writes the rows in order. A row with a value that the engine cannot hold is left out whole and noted in
    /// <see cref="BulkRows.Refused"/>. The batch is not kept.
    /// </summary>
    public abstract ValueTask WriteAsync(BulkRows rows, CancellationToken cancellationToken);

    /// <summary>Ends the stream; its rows are then in the table, as far as the transaction is.</summary>
    public abstract ValueTask CompleteAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
