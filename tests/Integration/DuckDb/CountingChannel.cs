using System.Collections.Immutable;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;

namespace Millrace.IntegrationTests.DuckDb;

/// <summary>A channel that keeps the statements that went through it.</summary>
internal sealed class CountingChannel(SqlChannel inner) : SqlChannel
{
    public List<string> Statements { get; } = [];

    public override bool InTransaction => inner.InTransaction;

    public override bool IsBroken => inner.IsBroken;

    public override ValueTask<long> ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        Statements.Add(sql);
        return inner.ExecuteAsync(sql, cancellationToken);
    }

    public override ValueTask<IReadOnlyList<SqlRow>> QueryAsync(string sql, CancellationToken cancellationToken) => inner.QueryAsync(sql, cancellationToken);

    public override ValueTask BeginAsync(CancellationToken cancellationToken) => inner.BeginAsync(cancellationToken);

    public override ValueTask CommitAsync(CancellationToken cancellationToken) => inner.CommitAsync(cancellationToken);

    public override ValueTask RollbackAsync() => inner.RollbackAsync();

    public override ValueTask LockAsync(string name, CancellationToken cancellationToken) => inner.LockAsync(name, cancellationToken);

    public override ValueTask HoldAsync(string name, CancellationToken cancellationToken) => inner.HoldAsync(name, cancellationToken);

    public override ValueTask<BulkWriter> OpenWriterAsync(string table, ImmutableArray<BulkColumn> columns, CancellationToken cancellationToken) =>
        inner.OpenWriterAsync(table, columns, cancellationToken);

    public override ValueTask<bool> TryUniqueAsync(string sql, CancellationToken cancellationToken) => inner.TryUniqueAsync(sql, cancellationToken);

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
