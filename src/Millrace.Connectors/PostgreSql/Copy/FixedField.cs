using System.Buffers.Binary;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Batches;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>A data column whose values all have one length.</summary>
internal sealed class FixedField<T, TEncoder>(int tableColumn) : CopyField
    where T : unmanaged
    where TEncoder : struct, IFixedEncoder<T>
{
    private Column<T> _column = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _column = (Column<T>)rows.Batch.Columns[rows.BatchColumns[tableColumn]];

    /// <inheritdoc/>
    public override string? Write(CopyBuffer buffer, int row)
    {
        if (_column.IsNull(row))
        {
            buffer.WriteInt32(Null);
            return null;
        }

        Span<byte> field = buffer.Take(sizeof(int) + TEncoder.Size);
        BinaryPrimitives.WriteInt32BigEndian(field, TEncoder.Size);
        return TEncoder.Write(_column.Values[row], field[sizeof(int)..]);
    }
}
