using System.Runtime.CompilerServices;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>Reads one partition: rows from the engine into batches, as far as the budget goes.</summary>
/// <param name="engine">The engine.</param>
/// <param name="relation">What is read.</param>
/// <param name="order">In which order.</param>
/// <param name="request">The partition and its bounds.</param>
internal sealed class PartitionReader(RelationalEngine engine, Relation relation, ReadOrder order, ReadRequest request) : IDisposable
{
    private readonly BatchColumns _batch = new(relation, request.Partition.Name);
    private bool _hasBegun;
    private bool _isRefused;

    /// <summary>Reads all of it.</summary>
    /// <param name="filter">A condition on all rows, or an empty text.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(string filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string sql = engine.Dialect.SelectFrom(relation, [.. order.Conditions(), filter], order.Columns);
        RowStream rows = await engine.OpenAsync(sql, _batch, cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            bool isAtEnd = false;
            while (!isAtEnd && !_isRefused)
            {
                _batch.Begin();
                isAtEnd = await FillAsync(rows, cancellationToken).ConfigureAwait(false);
                yield return _batch.Build(order.At(_batch, isAtEnd));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _batch.Dispose();

    private bool IsFull => _batch.Rows >= request.MaxBatchRows || _batch.Bytes >= request.MaxBatchBytes;

    private async ValueTask<bool> FillAsync(RowStream rows, CancellationToken cancellationToken)
    {
        while (!IsFull && !_isRefused)
        {
            int there = await rows.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (there == 0)
            {
                return true;
            }

            if (order.HasTies)
            {
                TakeTie(rows);
            }
            else
            {
                TakeSome(rows, there);
            }
        }

        return false;
    }

    private void TakeSome(RowStream rows, int there)
    {
        int count = 0;
        while (count < there && _batch.Rows + count < request.MaxBatchRows && (count == 0 || _batch.Bytes < request.MaxBatchBytes))
        {
            int bytes = rows.BytesOf(count);
            if (!IsGranted(bytes))
            {
                break;
            }

            _batch.Bytes += bytes;
            count++;
        }

        if (count > 0)
        {
            rows.Append(_batch.Rows, count);
            _batch.Rows += count;
        }
    }

    // Whether it is new shows only once it is decoded, and one that is not takes nothing from the budget.
    private void TakeTie(RowStream rows)
    {
        int bytes = rows.BytesOf(0);
        rows.Append(_batch.Rows, 1);
        if (order.IsNew(_batch, _batch.Rows) && IsGranted(bytes))
        {
            _batch.Rows++;
            _batch.Bytes += bytes;
        }
        else
        {
            _batch.DropRest();
        }
    }

    // What cannot be gone on with is one unit: a budget that lets its first row in has let all of it in.
    private bool IsGranted(int bytes)
    {
        if (!request.Budget.TryTake(1, bytes) && (order.CanGoOn || !_hasBegun))
        {
            _isRefused = true;
            return false;
        }

        _hasBegun = true;
        return true;
    }
}
