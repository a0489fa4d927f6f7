using System.Text.Unicode;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Batches;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>bytea.</summary>
internal sealed class BytesField(int tableColumn) : CopyField
{
    private VarColumn _column = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _column = (VarColumn)rows.Batch.Columns[rows.BatchColumns[tableColumn]];

    /// <inheritdoc/>
    public override string? Write(CopyBuffer buffer, int row)
    {
        if (_column.IsNull(row))
        {
            buffer.WriteInt32(Null);
            return null;
        }

        ReadOnlySpan<byte> value = _column[row];
        buffer.WriteInt32(value.Length);
        buffer.Write(value);
        return null;
    }
}

/// <summary>text: UTF-8 without a NUL character, which PostgreSQL's text cannot hold.</summary>
internal sealed class TextField(int tableColumn) : CopyField
{
    private VarColumn _column = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _column = (VarColumn)rows.Batch.Columns[rows.BatchColumns[tableColumn]];

    /// <inheritdoc/>
    public override string? Write(CopyBuffer buffer, int row)
    {
        if (_column.IsNull(row))
        {
            buffer.WriteInt32(Null);
            return null;
        }

        ReadOnlySpan<byte> value = _column[row];
        if (value.Contains((byte)0))
        {
            return "PostgreSQL's text cannot hold the NUL character.";
        }

        if (!Utf8.IsValid(value))
        {
            return "The text is not UTF-8.";
        }

        buffer.WriteInt32(value.Length);
        buffer.Write(value);
        return null;
    }
}

/// <summary>jsonb: version 1 and the JSON text.</summary>
internal sealed class JsonbField(int tableColumn) : CopyField
{
    private const byte Version = 1;

    private VarColumn _column = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _column = (VarColumn)rows.Batch.Columns[rows.BatchColumns[tableColumn]];

    /// <inheritdoc/>
    public override string? Write(CopyBuffer buffer, int row)
    {
        if (_column.IsNull(row))
        {
            buffer.WriteInt32(Null);
            return null;
        }

        ReadOnlySpan<byte> value = _column[row];
        if (JsonbRules.Refuse(value) is { } reason)
        {
            return reason;
        }

        buffer.WriteInt32(value.Length + 1);
        buffer.Take(1)[0] = Version;
        buffer.Write(value);
        return null;
    }
}
