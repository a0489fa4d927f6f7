using System.Diagnostics;
using System.Runtime.CompilerServices;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>Turns values of one type into another that holds them without loss. Chosen once a column, not once a value.</summary>
internal abstract class ValueConverter
{
    /// <summary>The converter between two types of which the second covers the first (or is text).</summary>
    public static ValueConverter Between(LogicalType from, LogicalType to)
    {
        if (from.Kind == to.Kind && from.Scale == to.Scale)
        {
            return new Retyped(to);
        }

        return (from.Kind, to.Kind) switch
        {
            (TypeKind.Int16, TypeKind.Int32) => new Mapped<short, int, ShortToInt>(to, default),
            (TypeKind.Int16, TypeKind.Int64) => new Mapped<short, long, ShortToLong>(to, default),
            (TypeKind.Int16, TypeKind.Float32) => new Mapped<short, float, ShortToFloat>(to, default),
            (TypeKind.Int16, TypeKind.Float64) => new Mapped<short, double, ShortToDouble>(to, default),
            (TypeKind.Int16, TypeKind.Decimal) => new Mapped<short, Int128, ShortToDecimal>(to, new(Scaling.Power(to.Scale))),
            (TypeKind.Int32, TypeKind.Int64) => new Mapped<int, long, IntToLong>(to, default),
            (TypeKind.Int32, TypeKind.Float64) => new Mapped<int, double, IntToDouble>(to, default),
            (TypeKind.Int32, TypeKind.Decimal) => new Mapped<int, Int128, IntToDecimal>(to, new(Scaling.Power(to.Scale))),
            (TypeKind.Int64, TypeKind.Float64) => new Mapped<long, double, LongToDouble>(to, default),
            (TypeKind.Int64, TypeKind.Decimal) => new Mapped<long, Int128, LongToDecimal>(to, new(Scaling.Power(to.Scale))),
            (TypeKind.Float32, TypeKind.Float64) => new Mapped<float, double, FloatToDouble>(to, default),
            (TypeKind.Decimal, TypeKind.Decimal) => new Mapped<Int128, Int128, Rescale>(to, Rescale.Between(from.Scale, to.Scale)),
            (TypeKind.Date, TypeKind.Timestamp) => new Mapped<int, long, DateToTicks>(to, default),
            (_, TypeKind.Text) => new ToText(),
            _ => throw new UnreachableException($"No lossless conversion from {from} to {to}."),
        };
    }

    /// <summary>Appends a row that holds a value.</summary>
    public abstract void Append(Column target, Column source, int row);

    /// <summary>Converts a whole column, nulls and unset marks with it; the given one is used up.</summary>
    public virtual Column Whole(Column source, LogicalType to)
    {
        Column target = Column.Create(to);
        for (int row = 0; row < source.Count; row++)
        {
            if (!source.IsNull(row))
            {
                Append(target, source, row);
            }
            else if (source.IsUnset(row))
            {
                target.AppendUnset();
            }
            else
            {
                target.AppendNull();
            }
        }

        source.Dispose();
        return target;
    }

    private sealed class Retyped(LogicalType to) : ValueConverter
    {
        public override void Append(Column target, Column source, int row) => target.AppendFrom(source, row);

        public override Column Whole(Column source, LogicalType to1)
        {
            switch (source)
            {
                case Column<Int128> decimals:
                    decimals.Retype(to);
                    break;
                case Column<long> times when to.Kind is TypeKind.Time or TypeKind.Timestamp:
                    times.Retype(to);
                    break;
            }

            return source;
        }
    }

    private sealed class ToText : ValueConverter
    {
        public override void Append(Column target, Column source, int row)
        {
            var text = (VarColumn)target;
            ValueText.Write(source, row, text);
            text.EndValue(text.Count);
        }
    }

    private sealed class Mapped<TFrom, TTo, TMap>(LogicalType to, TMap map) : ValueConverter
        where TFrom : unmanaged
        where TTo : unmanaged
        where TMap : struct, IMap<TFrom, TTo>
    {
        public override void Append(Column target, Column source, int row) =>
            ((Column<TTo>)target).Append(map.Apply(((Column<TFrom>)source).Values[row]));

        public override Column Whole(Column source, LogicalType to1)
        {
            if (source.HasUnset)
            {
                return base.Whole(source, to1);
            }

            var target = (Column<TTo>)Column.Create(to);
            ReadOnlySpan<TFrom> values = ((Column<TFrom>)source).Values;
            for (int row = 0; row < values.Length; row++)
            {
                if (!source.IsNull(row))
                {
                    target.AppendAt(row, map.Apply(values[row]));
                }
            }

            target.PadTo(source.Count);
            source.Dispose();
            return target;
        }
    }

    private interface IMap<in TFrom, out TTo>
    {
        TTo Apply(TFrom value);
    }

    private readonly struct ShortToInt : IMap<short, int>
    {
        public int Apply(short value) => value;
    }

    private readonly struct ShortToLong : IMap<short, long>
    {
        public long Apply(short value) => value;
    }

    private readonly struct ShortToFloat : IMap<short, float>
    {
        public float Apply(short value) => value;
    }

    private readonly struct ShortToDouble : IMap<short, double>
    {
        public double Apply(short value) => value;
    }

    private readonly struct IntToLong : IMap<int, long>
    {
        public long Apply(int value) => value;
    }

    private readonly struct IntToDouble : IMap<int, double>
    {
        public double Apply(int value) => value;
    }

    private readonly struct LongToDouble : IMap<long, double>
    {
        public double Apply(long value) => value;
    }

    private readonly struct FloatToDouble : IMap<float, double>
    {
        public double Apply(float value) => value;
    }

    private readonly struct DateToTicks : IMap<int, long>
    {
        public long Apply(int value) => value * TimeSpan.TicksPerDay;
    }

    private readonly struct ShortToDecimal(Int128 factor) : IMap<short, Int128>
    {
        public Int128 Apply(short value) => value * factor;
    }

    private readonly struct IntToDecimal(Int128 factor) : IMap<int, Int128>
    {
        public Int128 Apply(int value) => value * factor;
    }

    private readonly struct LongToDecimal(Int128 factor) : IMap<long, Int128>
    {
        public Int128 Apply(long value) => value * factor;
    }

    // A lower scale is asked for only where the digits that go are zeros.
    private readonly struct Rescale(Int128 multiplier, Int128 divisor) : IMap<Int128, Int128>
    {
        public static Rescale Between(int from, int to) =>
            to >= from ? new(Scaling.Power(to - from), Int128.One) : new(Int128.One, Scaling.Power(from - to));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Int128 Apply(Int128 value) => divisor == Int128.One ? value * multiplier : value / divisor;
    }
}
