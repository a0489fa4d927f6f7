using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Bulk;

/// <summary>Where the values of a bulk stream's column come from.</summary>
internal enum BulkValue : byte
{
    /// <summary>A data column of the table: <see cref="BulkColumn.Index"/> counts in the table's columns.</summary>
    Data,

    /// <summary>boolean: whether that data column is unset in the row; NULL where the row is not partial.</summary>
    Unset,

    /// <summary>int64: the row's number within the load.</summary>
    Sequence,

    /// <summary>int16: the row's <see cref="StageCode"/>.</summary>
    Change,

    /// <summary>boolean: true where the row's key came before in the load, else false or NULL.</summary>
    Repeat,

    /// <summary>text: the row's position, NULL where it has none.</summary>
    Position,

    /// <summary>timestamp(6) utc: the source time of the change, NULL where it has none.</summary>
    Time,

    /// <summary>timestamp(6) utc: NULL, but in a row coded as a delete its source time, or <see cref="BulkColumn.Constant"/> where it has none.</summary>
    DeletedAt,

    /// <summary><see cref="BulkColumn.Constant"/> in every row: an integer, or ticks since 1970 for a timestamp.</summary>
    Constant,
}

/// <summary>One column of a bulk stream.</summary>
/// <param name="Name">Column name, unquoted.</param>
/// <param name="Type">The column's type in the table that is filled.</param>
/// <param name="Value">Where its values come from.</param>
/// <param name="Index">Index of the table's data column, for data and unset marks.</param>
/// <param name="Constant">The constant.</param>
internal readonly record struct BulkColumn(string Name, LogicalType Type, BulkValue Value, int Index = -1, long Constant = 0)
{
    /// <summary>The longest value in bytes that the column takes, as the store says it; 0 where there is no bound.</summary>
    public int MaxBytes { get; init; }

    /// <summary>True for a data column by which rows are met.</summary>
    public bool IsKey { get; init; }
}
