using System.Collections.Immutable;
using System.Linq.Expressions;
using System.Numerics;
using System.Reflection;
using System.Text;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Core.Embedding;

/// <summary>How one property of a row becomes a column. The accessors are compiled once, so that reading a row boxes nothing.</summary>
internal abstract class ObjectColumn<TRow>
{
    private const long TicksTo1970 = 621_355_968_000_000_000;
    private const byte DecimalScale = 9;

    private protected ObjectColumn(PropertyInfo property, LogicalType type)
    {
        bool nullable = !property.PropertyType.IsValueType || Nullable.GetUnderlyingType(property.PropertyType) is not null;
        Schema = new ColumnSchema(property.Name, type, nullable, SourceType: property.PropertyType.Name);
    }

    public ColumnSchema Schema { get; }

    public abstract void Append(Column column, TRow row);

    /// <summary>One for each public property that can be read, in the order of declaration.</summary>
    /// <exception cref="ArgumentException">A property's type has no column type.</exception>
    public static ImmutableArray<ObjectColumn<TRow>> All() =>
    [
        .. typeof(TRow).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanRead && p.GetIndexParameters().Length == 0).OrderBy(p => p.MetadataToken).Select(For),
    ];

    private static ObjectColumn<TRow> For(PropertyInfo property)
    {
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return type switch
        {
            _ when type == typeof(bool) => Fixed<bool, bool>(property, LogicalType.Boolean, v => v),
            _ when type == typeof(short) => Fixed<short, short>(property, LogicalType.Int16, v => v),
            _ when type == typeof(int) => Fixed<int, int>(property, LogicalType.Int32, v => v),
            _ when type == typeof(long) => Fixed<long, long>(property, LogicalType.Int64, v => v),
            _ when type == typeof(float) => Fixed<float, float>(property, LogicalType.Float32, v => v),
            _ when type == typeof(double) => Fixed<double, double>(property, LogicalType.Float64, v => v),
            _ when type == typeof(decimal) => Fixed<decimal, Int128>(property, LogicalType.Decimal(38, DecimalScale), Scaled),
            _ when type == typeof(Guid) => Fixed<Guid, Guid>(property, LogicalType.Uuid, v => v),
            _ when type == typeof(DateOnly) => Fixed<DateOnly, int>(property, LogicalType.Date, v => v.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber),
            _ when type == typeof(TimeOnly) => Fixed<TimeOnly, long>(property, LogicalType.Time(), v => v.Ticks),
            _ when type == typeof(DateTime) => Fixed<DateTime, long>(property, LogicalType.TimestampNaive(7), v => v.Ticks - TicksTo1970),
            _ when type == typeof(DateTimeOffset) => Fixed<DateTimeOffset, long>(property, LogicalType.TimestampUtc(7), v => v.UtcTicks - TicksTo1970),
            _ when type == typeof(string) => new TextColumn(property),
            _ when type == typeof(byte[]) => new BytesColumn(property),
            _ => throw new ArgumentException($"{typeof(TRow).Name}.{property.Name} is a {type.Name}, which has no column type."),
        };
    }

    private static FixedColumn<TValue, TStored> Fixed<TValue, TStored>(PropertyInfo property, LogicalType type, Func<TValue, TStored> store)
        where TValue : struct
        where TStored : unmanaged => new(property, type, store);

    // A decimal has up to 28 decimals; those beyond nine are refused, never rounded.
    private static Int128 Scaled(decimal value)
    {
        if (decimal.Round(value, DecimalScale) != value)
        {
            throw new ArgumentException($"{value} has more than {DecimalScale} decimals; give it as a string or a double.");
        }

        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        int scale = (parts[3] >> 16) & 0xFF;
        var unscaled = (Int128)new UInt128((uint)parts[2], ((ulong)(uint)parts[1] << 32) | (uint)parts[0]);
        unscaled = scale <= DecimalScale
            ? checked(unscaled * (Int128)BigInteger.Pow(10, DecimalScale - scale))
            : unscaled / (Int128)BigInteger.Pow(10, scale - DecimalScale);
        return value < 0 ? -unscaled : unscaled;
    }

    private static Func<TRow, TValue> Getter<TValue>(PropertyInfo property)
    {
        ParameterExpression row = Expression.Parameter(typeof(TRow));
        return Expression.Lambda<Func<TRow, TValue>>(Expression.Convert(Expression.Property(row, property), typeof(TValue)), row).Compile();
    }

    private sealed class FixedColumn<TValue, TStored>(PropertyInfo property, LogicalType type, Func<TValue, TStored> store)
        : ObjectColumn<TRow>(property, type)
        where TValue : struct
        where TStored : unmanaged
    {
        private readonly Func<TRow, TValue?> _get = Getter<TValue?>(property);

        public override void Append(Column column, TRow row)
        {
            if (_get(row) is { } value)
            {
                ((Column<TStored>)column).Append(store(value));
            }
            else
            {
                column.AppendNull();
            }
        }
    }

    private sealed class TextColumn(PropertyInfo property) : ObjectColumn<TRow>(property, LogicalType.Text)
    {
        private readonly Func<TRow, string?> _get = Getter<string?>(property);

        public override void Append(Column column, TRow row)
        {
            if (_get(row) is not { } value)
            {
                column.AppendNull();
                return;
            }

            var text = (VarColumn)column;
            text.Advance(Encoding.UTF8.GetBytes(value, text.GetSpan(Encoding.UTF8.GetMaxByteCount(value.Length))));
            text.EndValue(text.Count);
        }
    }

    private sealed class BytesColumn(PropertyInfo property) : ObjectColumn<TRow>(property, LogicalType.Bytes)
    {
        private readonly Func<TRow, byte[]?> _get = Getter<byte[]?>(property);

        public override void Append(Column column, TRow row)
        {
            if (_get(row) is { } value)
            {
                ((VarColumn)column).Append(value);
            }
            else
            {
                column.AppendNull();
            }
        }
    }
}
