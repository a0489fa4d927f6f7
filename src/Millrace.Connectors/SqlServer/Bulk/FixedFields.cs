using System.Data.SqlTypes;
using System.Numerics;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Batches;

namespace Millrace.Connectors.SqlServer.Bulk;

/// <summary>How a value of one length becomes what SQL Server's driver takes.</summary>
/// <typeparam name="TFrom">The physical form in a batch.</typeparam>
/// <typeparam name="TTo">What the driver takes.</typeparam>
internal interface IFixedValue<TFrom, TTo>
{
    /// <summary>Why SQL Server cannot hold it, or null where it can.</summary>
    /// <param name="value">The value.</param>
    /// <param name="grain">Ticks of the finest step that the column keeps; 1 where that does not count.</param>
    static abstract string? Refuse(TFrom value, long grain);

    /// <summary>The value.</summary>
    static abstract TTo Convert(TFrom value);
}

/// <summary>A data column of fixed-length values.</summary>
internal sealed class FixedField<TFrom, TTo, TValue>(int tableColumn, long grain) : BulkField<TTo>
    where TFrom : unmanaged
    where TValue : IFixedValue<TFrom, TTo>
{
    private Column<TFrom> _column = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _column = (Column<TFrom>)rows.Batch.Columns[rows.BatchColumns[tableColumn]];

    /// <inheritdoc/>
    public override bool IsNull(int row) => _column.IsNull(row);

    /// <inheritdoc/>
    public override string? Refuse(int row) => _column.IsNull(row) ? null : TValue.Refuse(_column.Values[row], grain);

    /// <inheritdoc/>
    public override TTo Get(int row) => TValue.Convert(_column.Values[row]);
}

/// <summary>decimal, of up to 38 digits, which System.Decimal does not have.</summary>
internal sealed class DecimalField(int tableColumn) : BulkField<SqlDecimal>
{
    private Column<Int128> _column = null!;

    /// <inheritdoc/>
    public override void Bind(BulkRows rows) => _column = (Column<Int128>)rows.Batch.Columns[rows.BatchColumns[tableColumn]];

    /// <inheritdoc/>
    public override bool IsNull(int row) => _column.IsNull(row);

    /// <inheritdoc/>
    public override SqlDecimal Get(int row) => DecimalValue.Of(_column.Values[row], _column.Type.Scale);
}

/// <summary>bit.</summary>
internal readonly struct SameValue<T> : IFixedValue<T, T>
{
    public static string? Refuse(T value, long grain) => null;

    public static T Convert(T value) => value;
}

/// <summary>A number that a wider one holds exactly.</summary>
internal readonly struct WiderValue<TFrom, TTo> : IFixedValue<TFrom, TTo>
    where TFrom : unmanaged, INumber<TFrom>
    where TTo : unmanaged, INumber<TTo>
{
    public static string? Refuse(TFrom value, long grain) => TFrom.IsFinite(value) ? null : FloatValue<float>.NotFinite;

    public static TTo Convert(TFrom value) => TTo.CreateTruncating(value);
}

/// <summary>real or float, of which SQL Server has neither NaN nor an infinity.</summary>
internal readonly struct FloatValue<T> : IFixedValue<T, T>
    where T : unmanaged, IFloatingPoint<T>
{
    /// <summary>Why such a value is refused.</summary>
    public const string NotFinite = "SQL Server's float has no NaN and no infinity.";

    public static string? Refuse(T value, long grain) => T.IsFinite(value) ? null : NotFinite;

    public static T Convert(T value) => value;
}

/// <summary>decimal, from an integer.</summary>
internal readonly struct DecimalValue<T> : IFixedValue<T, SqlDecimal>
    where T : unmanaged, IBinaryInteger<T>
{
    public static string? Refuse(T value, long grain) => null;

    public static SqlDecimal Convert(T value) => DecimalValue.Of(Int128.CreateTruncating(value), 0);
}

/// <summary>The driver's own decimal, of four 32-bit words.</summary>
internal static class DecimalValue
{
    private const byte MaxPrecision = 38;

    /// <summary>A number of so many digits after the point.</summary>
    public static SqlDecimal Of(Int128 unscaled, byte scale)
    {
        UInt128 magnitude = unscaled < 0 ? (UInt128)(-unscaled) : (UInt128)unscaled;
        ulong low = (ulong)magnitude;
        ulong high = (ulong)(magnitude >> 64);
        return new(MaxPrecision, scale, unscaled >= 0, (int)low, (int)(low >> 32), (int)high, (int)(high >> 32));
    }
}
