using System.Collections.Immutable;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>
/// Encodes batches as PostgreSQL's binary COPY format (PostgreSQL manual, COPY, "Binary Format") into one pooled buffer, row after row, without
/// garbage. The caller sends the buffer and empties it. A row with a value that PostgreSQL cannot hold is taken back whole and noted.
/// </summary>
internal sealed class BinaryCopyEncoder(ImmutableArray<BulkColumn> columns) : IDisposable
{
    /// <summary>Bytes after which the buffer should be sent.</summary>
    public const int FlushSize = 256 * 1024;

    private readonly CopyField?[] _fields = new CopyField?[columns.Length];
    private readonly LogicalType?[] _batchTypes = new LogicalType?[columns.Length];

    /// <summary>The bytes that wait to be sent.</summary>
    public CopyBuffer Buffer { get; } = new();

    /// <summary>Writes the file header: signature, no flags, no extension.</summary>
    public void WriteHeader()
    {
        Buffer.Write(Signature);
        Buffer.WriteInt32(0);
        Buffer.WriteInt32(0);
    }

    /// <summary>Writes the file trailer.</summary>
    public void WriteTrailer() => Buffer.WriteInt16(-1);

    /// <summary>Chooses a writer for each column of the batch.</summary>
    public void Bind(BulkRows rows)
    {
        for (int i = 0; i < columns.Length; i++)
        {
            LogicalType? type = null;
            if (columns[i].Value == BulkValue.Data && rows.BatchColumns[columns[i].Index] is var index and >= 0)
            {
                type = rows.Batch.Columns[index].Type;
            }

            if (_fields[i] is null || _batchTypes[i]?.Kind != type?.Kind)
            {
                _fields[i] = CopyFieldFactory.Create(columns[i], type);
                _batchTypes[i] = type;
            }

            _fields[i]!.Bind(rows);
        }
    }

    /// <summary>Encodes rows from <paramref name="row"/> on until the batch ends or the buffer should be sent.</summary>
    /// <returns>The row to go on with.</returns>
    public int Encode(BulkRows rows, int row)
    {
        int count = rows.Batch.RowCount;
        byte[] codes = rows.Codes;
        CopyBuffer buffer = Buffer;
        for (; row < count && buffer.Length < FlushSize; row++)
        {
            if (codes[row] != StageCode.Skip)
            {
                EncodeRow(rows, buffer, row);
            }
        }

        return row;
    }

    /// <inheritdoc/>
    public void Dispose() => Buffer.Dispose();

    private static ReadOnlySpan<byte> Signature => [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0];

    private void EncodeRow(BulkRows rows, CopyBuffer buffer, int row)
    {
        int start = buffer.Length;
        buffer.WriteInt16((short)_fields.Length);
        CopyField?[] fields = _fields;
        for (int i = 0; i < fields.Length; i++)
        {
            if (fields[i]!.Write(buffer, row) is { } reason)
            {
                buffer.Length = start;
                rows.Refused.Add(new(row, columns[i].Index, reason));
                return;
            }
        }
    }
}
