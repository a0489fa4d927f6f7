using System.Collections.Immutable;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>
/// One connection to the engine. One caller at a time. Every member ends within two seconds of a cancellation, with
/// <see cref="OperationCanceledException"/>, and reports what the engine refuses as a coded
/// <see cref="Core.Errors.MillraceException"/>. While a <see cref="BulkWriter"/> is open, no other member may be called.
/// </summary>
internal abstract class SqlChannel : IAsyncDisposable
{
    /// <summary>True between <see cref="BeginAsync"/> and the end of the transaction.</summary>
    public abstract bool InTransaction { get; }

    /// <summary>True where the connection is lost and the channel is of no more use.</summary>
    public abstract bool IsBroken { get; }

    /// <summary>Runs one statement, or several separated by semicolons.</summary>
    /// <returns>Rows that it changed; of several statements the sum or the last one's.</returns>
    public abstract ValueTask<long> ExecuteAsync(string sql, CancellationToken cancellationToken);

    /// <summary>Told what the engine says while a statement runs (a notice, a printed line), and whether it is a warning.</summary>
    public Action<string, bool>? Said { get; set; }

    /// <summary>Runs one statement with values for its markers, in their order.</summary>
    /// <returns>Rows that it changed.</returns>
    public virtual ValueTask<long> ExecuteAsync(string sql, IReadOnlyList<SqlParameterValue> values, CancellationToken cancellationToken) =>
        values.Count == 0 ? ExecuteAsync(sql, cancellationToken) : throw new NotSupportedException("This engine binds no values.");

    /// <summary>Runs one statement and returns its rows, all in memory.</summary>
    public abstract ValueTask<IReadOnlyList<SqlRow>> QueryAsync(string sql, CancellationToken cancellationToken);

    /// <summary>Runs one statement with values for its markers, in their order, and returns its rows, all in memory.</summary>
    public virtual ValueTask<IReadOnlyList<SqlRow>> QueryAsync(string sql, IReadOnlyList<SqlParameterValue> values, CancellationToken cancellationToken) =>
        values.Count == 0 ? QueryAsync(sql, cancellationToken) : throw new NotSupportedException("This engine binds no values.");

    /// <summary>A table's columns in order, each its name and its type's name; none where there is no table.</summary>
    public virtual ValueTask<IReadOnlyList<SqlRow>> ColumnsAsync(SqlDialect dialect, TableId table, CancellationToken cancellationToken) =>
        QueryAsync(dialect.ColumnsQuery(table), cancellationToken);

    /// <summary>True where a query has a row.</summary>
    public async ValueTask<bool> HasRowAsync(string query, CancellationToken cancellationToken) =>
        (await QueryAsync(query, cancellationToken).ConfigureAwait(false)).Count > 0;

    /// <summary>Starts a transaction.</summary>
    public abstract ValueTask BeginAsync(CancellationToken cancellationToken);

    /// <summary>Commits the transaction. A lost connection here leaves open whether it was committed: the error is transient.</summary>
    public abstract ValueTask CommitAsync(CancellationToken cancellationToken);

    /// <summary>Rolls the transaction back; nothing where there is none or the connection is lost. Not cancellable.</summary>
    public abstract ValueTask RollbackAsync();

    /// <summary>Does work in a transaction and commits it; what fails leaves nothing.</summary>
    public async ValueTask<T> InTransactionAsync<T>(Func<ValueTask<T>> work, CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            T result = await work().ConfigureAwait(false);
            await CommitAsync(cancellationToken).ConfigureAwait(false);
            return result;
        }
        finally
        {
            await RollbackAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="InTransactionAsync{T}"/>
    public async ValueTask InTransactionAsync(Func<ValueTask> work, CancellationToken cancellationToken) => await InTransactionAsync(
        async () =>
        {
            await work().ConfigureAwait(false);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>Waits for a lock of this name over all of the engine's clients and keeps it until the transaction ends.</summary>
    public abstract ValueTask LockAsync(string name, CancellationToken cancellationToken);

    /// <summary>Waits for a lock of this name, outside a transaction, and keeps it until the channel is closed.</summary>
    public abstract ValueTask HoldAsync(string name, CancellationToken cancellationToken);

    /// <summary>Opens a bulk stream into a table, inside the current transaction or, outside one, in its own.</summary>
    /// <param name="table">The table, quoted.</param>
    /// <param name="columns">The columns that the stream fills, in its order; the table's others become NULL.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    public abstract ValueTask<BulkWriter> OpenWriterAsync(
        string table, ImmutableArray<BulkColumn> columns, CancellationToken cancellationToken);

    /// <summary>
    /// Tries a statement that may meet duplicate keys, without harm to the transaction when it does.
    /// </summary>
    /// <returns>False where it met duplicate keys and had no effect.</returns>
    public abstract ValueTask<bool> TryUniqueAsync(string sql, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
