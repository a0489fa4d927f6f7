using System.Buffers.Binary;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Batches;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>numeric, from a scaled decimal.</summary>
internal sealed class NumericField(int tableColumn) : CopyField
{
    private Column<Int128> _column = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _column = (Column<Int128>)rows.Batch.Columns[rows.BatchColumns[tableColumn]];

    /// <inheritdoc/>
    public override string? Write(CopyBuffer buffer, int row)
    {
        if (_column.IsNull(row))
        {
            buffer.WriteInt32(Null);
        }
        else
        {
            NumericEncoding.Write(buffer, _column.Values[row], _column.Type.Scale);
        }

        return null;
    }
}

/// <summary>numeric, from an integer.</summary>
internal sealed class IntegerNumericField<T>(int tableColumn) : CopyField
    where T : unmanaged, System.Numerics.IBinaryInteger<T>
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
        }
        else
        {
            NumericEncoding.Write(buffer, Int128.CreateTruncating(_column.Values[row]), 0);
        }

        return null;
    }
}
