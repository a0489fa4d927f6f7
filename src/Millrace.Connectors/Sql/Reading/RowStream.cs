namespace Millrace.Connectors.Sql.Reading;

/// <summary>
/// Rows of one statement, in its order, on their way from the engine into columns. One caller at a time. Dispose ends a statement that is not read to
/// its end, within two seconds.
/// </summary>
internal abstract class RowStream : IAsyncDisposable
{
    /// <summary>Waits until rows are there.</summary>
    /// <returns>How many can be appended without waiting; 0 after the last.</returns>
    public abstract ValueTask<int> WaitAsync(CancellationToken cancellationToken);

    /// <summary>Payload bytes of a row that is there.</summary>
    /// <param name="ahead">0 for the next row, 1 for the one after it.</param>
    public abstract int BytesOf(int ahead);

    /// <summary>Appends the next rows to the columns of the batch, from <paramref name="row"/> on, and moves past them.</summary>
    /// <param name="row">The first row of the batch that is filled.</param>
    /// <param name="count">How many; at most as many as are there.</param>
    public abstract void Append(int row, int count);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
