using System.Collections;
using System.Collections.Immutable;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;

namespace Millrace.Connectors.SqlServer.Bulk;

/// <summary>
/// The rows of batches, one batch after the other, as SqlBulkCopy reads them. One side offers a batch, the other reads it to its end and waits for
/// the next.
/// </summary>
/// <param name="names">The columns' names.</param>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "A reader, as its base class is one.")]
internal sealed class BatchReader(ImmutableArray<string> names) : DbDataReader
{
    private static readonly Task<bool> HasRow = Task.FromResult(true);

    private readonly SemaphoreSlim _offered = new(0, 1);
    private int[] _rows = [];
    private int _count;
    private int _next;
    private int _row = -1;
    private bool _isEnded;
    private bool _isBroken;
    private TaskCompletionSource? _read;

    /// <summary>The columns.</summary>
    public BulkField?[] Fields { get; } = new BulkField?[names.Length];

    /// <inheritdoc/>
    public override int FieldCount => names.Length;

    /// <inheritdoc/>
    public override int Depth => 0;

    /// <inheritdoc/>
    public override bool HasRows => true;

    /// <inheritdoc/>
    public override bool IsClosed => false;

    /// <inheritdoc/>
    public override int RecordsAffected => -1;

    /// <inheritdoc/>
    public override object this[int ordinal] => GetValue(ordinal);

    /// <inheritdoc/>
    public override object this[string name] => GetValue(GetOrdinal(name));

    /// <summary>Chooses the rows that go to the server; notes those that it cannot hold.</summary>
    /// <returns>How many go.</returns>
    public int Choose(BulkRows rows, ImmutableArray<BulkColumn> columns)
    {
        if (_rows.Length < rows.Batch.RowCount)
        {
            _rows = new int[Math.Max(rows.Batch.RowCount, 8192)];
        }

        _count = 0;
        for (int row = 0; row < rows.Batch.RowCount; row++)
        {
            if (rows.Codes[row] != StageCode.Skip && !IsRefused(rows, columns, row))
            {
                _rows[_count++] = row;
            }
        }

        return _count;
    }

    /// <summary>Hands the chosen rows over.</summary>
    /// <returns>Ends when they are read, and the batch is of no more use to the reader.</returns>
    public Task Offer()
    {
        _next = 0;
        _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _offered.Release();
        return _read.Task;
    }

    /// <summary>There are no more rows.</summary>
    public void End()
    {
        _isEnded = true;
        _offered.Release();
    }

    /// <summary>Whoever reads on gets an error.</summary>
    public void Break()
    {
        _isBroken = true;
        if (_offered.CurrentCount == 0)
        {
            _offered.Release();
        }
    }

    /// <inheritdoc/>
    public override Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (_read is not null && _next < _count && !_isBroken)
        {
            _row = _rows[_next++];
            return HasRow;
        }

        return NextBatchAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override bool Read() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override bool IsDBNull(int ordinal) => Fields[ordinal]!.IsNull(_row);

    /// <inheritdoc/>
    public override object GetValue(int ordinal) => Fields[ordinal] is var field && field!.IsNull(_row) ? DBNull.Value : field.Boxed(_row);

    /// <inheritdoc/>
    public override T GetFieldValue<T>(int ordinal) => Fields[ordinal] is BulkField<T> field ? field.Get(_row) : (T)GetValue(ordinal);

    /// <inheritdoc/>
    public override int GetValues(object[] values)
    {
        int count = Math.Min(values.Length, FieldCount);
        for (int i = 0; i < count; i++)
        {
            values[i] = GetValue(i);
        }

        return count;
    }

    /// <inheritdoc/>
    public override string GetName(int ordinal) => names[ordinal];

    /// <inheritdoc/>
    public override int GetOrdinal(string name) => names.IndexOf(name);

    /// <inheritdoc/>
    public override Type GetFieldType(int ordinal) => Fields[ordinal]!.ClrType;

    /// <inheritdoc/>
    public override string GetDataTypeName(int ordinal) => GetFieldType(ordinal).Name;

    /// <inheritdoc/>
    public override bool NextResult() => false;

    /// <inheritdoc/>
    public override IEnumerator GetEnumerator() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override bool GetBoolean(int ordinal) => GetFieldValue<bool>(ordinal);

    /// <inheritdoc/>
    public override byte GetByte(int ordinal) => GetFieldValue<byte>(ordinal);

    /// <inheritdoc/>
    public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override char GetChar(int ordinal) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override DateTime GetDateTime(int ordinal) => GetFieldValue<DateTime>(ordinal);

    /// <inheritdoc/>
    public override decimal GetDecimal(int ordinal) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override double GetDouble(int ordinal) => GetFieldValue<double>(ordinal);

    /// <inheritdoc/>
    public override float GetFloat(int ordinal) => GetFieldValue<float>(ordinal);

    /// <inheritdoc/>
    public override Guid GetGuid(int ordinal) => GetFieldValue<Guid>(ordinal);

    /// <inheritdoc/>
    public override short GetInt16(int ordinal) => GetFieldValue<short>(ordinal);

    /// <inheritdoc/>
    public override int GetInt32(int ordinal) => GetFieldValue<int>(ordinal);

    /// <inheritdoc/>
    public override long GetInt64(int ordinal) => GetFieldValue<long>(ordinal);

    /// <inheritdoc/>
    public override string GetString(int ordinal) => GetFieldValue<string>(ordinal);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _offered.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<bool> NextBatchAsync(CancellationToken cancellationToken)
    {
        _read?.TrySetResult();
        _read = null;
        await _offered.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_isBroken)
        {
            throw new OperationCanceledException("The bulk copy was given up.");
        }

        if (_isEnded)
        {
            return false;
        }

        _row = _rows[_next++];
        return true;
    }

    private bool IsRefused(BulkRows rows, ImmutableArray<BulkColumn> columns, int row)
    {
        for (int i = 0; i < columns.Length; i++)
        {
            if (Fields[i]!.Refuse(row) is { } reason)
            {
                rows.Refused.Add(new(row, columns[i].Index, reason));
                return true;
            }
        }

        return false;
    }
}
