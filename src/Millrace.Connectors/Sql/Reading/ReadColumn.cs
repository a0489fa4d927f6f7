using System.Buffers;
using System.Text;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>
/// The values of one column of the batch that is being read. A value that the column's type cannot hold (infinity, a numeric of 40 digits) is kept as
/// text in a second column of the same name, as a source without a schema has it.
/// </summary>
/// <param name="column">The column.</param>
internal sealed class ReadColumn(RelationColumn column)
{
    /// <summary>Digits before the point that a decimal of no declared size has at least, so that its type does not change with every batch.</summary>
    private const int LeastIntegerDigits = 18;

    private static readonly Int128[] Powers = PowersOfTen();
    private int _integerDigits;

    /// <summary>What is read.</summary>
    public RelationColumn Source => column;

    /// <summary>The name and a NUL, as UTF-8.</summary>
    public byte[] NameBytes { get; } = Encoding.UTF8.GetBytes(column.Name + '\0');

    /// <summary>The values that the type holds.</summary>
    public Column Values { get; private set; } = null!;

    /// <summary>The others, as text; null where there was none.</summary>
    public VarColumn? Others { get; private set; }

    /// <summary>Starts a batch.</summary>
    public void Begin()
    {
        Values = Column.Create(column.Type);
        Others = null;
        _integerDigits = 0;
    }

    /// <summary>Takes back every row from <paramref name="row"/> on.</summary>
    public void TruncateTo(int row)
    {
        Values.TruncateTo(row);
        Others?.TruncateTo(row);
    }

    /// <summary>Keeps a value that the type cannot hold.</summary>
    public void AppendOther(int row, ReadOnlySpan<byte> text)
    {
        Others ??= (VarColumn)Column.Create(LogicalType.Text);
        Others.AppendAt(row, text);
    }

    /// <summary>Keeps a value that the type cannot hold.</summary>
    public void AppendOther(int row, string text) => AppendOther(row, Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// Appends a decimal of any scale: the column's scale rises to the largest that came, and values that are there are rescaled.
    /// </summary>
    /// <returns>False where it does not fit 38 digits beside those that are there; then nothing was appended.</returns>
    public bool TryAppendDecimal(int row, Int128 unscaled, int scale)
    {
        var values = (Column<Int128>)Values;
        int columnScale = values.Count == values.NullCount ? 0 : values.Type.Scale;
        int newScale = Math.Max(scale, columnScale);
        int integerDigits = Math.Max(Math.Max(DigitsOf(unscaled) - scale, 0), _integerDigits);
        if (integerDigits + newScale > LogicalType.MaxDecimalPrecision)
        {
            return false;
        }

        _integerDigits = integerDigits;
        int precision = Math.Min(Math.Max(integerDigits, LeastIntegerDigits) + newScale, LogicalType.MaxDecimalPrecision);
        if (newScale != values.Type.Scale || precision != values.Type.Precision)
        {
            Rescale(values, newScale - columnScale);
            values.Retype(LogicalType.Decimal(precision, newScale));
        }

        values.AppendAt(row, unscaled * Powers[newScale - scale]);
        return true;
    }

    /// <summary>True where the row is not null.</summary>
    public bool HasValue(int row) =>
        (row < Values.Count && !Values.IsNull(row)) || (Others is not null && row < Others.Count && !Others.IsNull(row));

    /// <summary>Appends the canonical text of a row's value (bytes as hex) to a buffer.</summary>
    /// <returns>False where it is null; then nothing was appended.</returns>
    public bool WriteText(int row, IBufferWriter<byte> output)
    {
        if (row < Values.Count && !Values.IsNull(row))
        {
            if (Values is VarColumn { Type.Kind: TypeKind.Bytes } bytes)
            {
                output.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes[row])));
            }
            else
            {
                ValueText.Write(Values, row, output);
            }

            return true;
        }

        if (Others is not null && row < Others.Count && !Others.IsNull(row))
        {
            output.Write(Others[row]);
            return true;
        }

        return false;
    }

    private static void Rescale(Column<Int128> column, int by)
    {
        if (by <= 0)
        {
            return;
        }

        Span<Int128> values = column.Values;
        for (int row = 0; row < values.Length; row++)
        {
            // What stands in a null row is not defined and could overflow.
            values[row] = column.IsNull(row) ? 0 : values[row] * Powers[by];
        }
    }

    private static int DigitsOf(Int128 value)
    {
        Int128 magnitude = value < 0 ? -value : value;
        int digits = 0;
        while (digits < LogicalType.MaxDecimalPrecision && magnitude >= Powers[digits])
        {
            digits++;
        }

        return digits;
    }

    private static Int128[] PowersOfTen()
    {
        var powers = new Int128[LogicalType.MaxDecimalPrecision + 1];
        powers[0] = 1;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * 10;
        }

        return powers;
    }
}
