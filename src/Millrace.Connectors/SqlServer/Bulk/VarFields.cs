using System.Text;
using System.Text.Unicode;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Batches;

namespace Millrace.Connectors.SqlServer.Bulk;

/// <summary>nvarchar.</summary>
/// <param name="tableColumn">Index of the table's column.</param>
/// <param name="maxBytes">The longest value of the column, two bytes a character; 0 where there is no bound.</param>
/// <param name="isKey">True where rows are met by the column.</param>
internal sealed class TextField(int tableColumn, int maxBytes, bool isKey) : BulkField<string>
{
    private VarColumn _column = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _column = (VarColumn)rows.Batch.Columns[rows.BatchColumns[tableColumn]];

    /// <inheritdoc/>
    public override bool IsNull(int row) => _column.IsNull(row);

    /// <inheritdoc/>
    public override string? Refuse(int row)
    {
        ReadOnlySpan<byte> value = _column[row];
        if (!Utf8.IsValid(value))
        {
            return "The text is not UTF-8.";
        }

        // Every comparison of SQL Server pads the shorter text with blanks: 'a' and 'a ' would be one key, whatever the collation.
        if (isKey && value.EndsWith(" "u8))
        {
            return "The key ends in a blank, and SQL Server takes it for the same key without it.";
        }

        return maxBytes > 0 && value.Length > maxBytes / 2 && Encoding.UTF8.GetCharCount(value) > maxBytes / 2
            ? $"The text is longer than the column's {maxBytes / 2} characters."
            : null;
    }

    /// <inheritdoc/>
    public override string Get(int row) => Encoding.UTF8.GetString(_column[row]);
}

/// <summary>varbinary.</summary>
/// <param name="tableColumn">Index of the table's column.</param>
/// <param name="maxBytes">The longest value of the column; 0 where there is no bound.</param>
/// <param name="isKey">True where rows are met by the column.</param>
internal sealed class BytesField(int tableColumn, int maxBytes, bool isKey) : BulkField<byte[]>
{
    private VarColumn _column = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _column = (VarColumn)rows.Batch.Columns[rows.BatchColumns[tableColumn]];

    /// <inheritdoc/>
    public override bool IsNull(int row) => _column.IsNull(row);

    /// <inheritdoc/>
    public override string? Refuse(int row)
    {
        ReadOnlySpan<byte> value = _column[row];
        if (isKey && value.Length > 0 && value[^1] == 0)
        {
            return "The key ends in a zero byte, and SQL Server takes it for the same key without it.";
        }

        return maxBytes > 0 && value.Length > maxBytes ? $"The value is longer than the column's {maxBytes} bytes." : null;
    }

    /// <inheritdoc/>
    public override byte[] Get(int row) => _column[row].ToArray();
}
