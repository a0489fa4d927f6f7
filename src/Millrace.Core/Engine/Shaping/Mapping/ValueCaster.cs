using System.Globalization;
using System.Text;
using System.Text.Json;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping.Mapping;

/// <summary>
/// Casts of the user's (<c>cast:</c>). Exact or not at all: text is parsed, numbers change type where the value stays the same, a timestamp
/// at midnight becomes a date. What cannot be cast keeps its type and goes to a variant column.
/// </summary>
internal sealed class ValueCaster(LogicalType to)
{
    /// <summary>Casts a column. The second result holds the rows that could not be cast, or is null where all could. The given one is used up.</summary>
    public (Column Cast, Column? Left) Cast(Column source)
    {
        if (source.Type == to)
        {
            return (source, null);
        }

        if (to.Kind == TypeKind.Text || TypeLattice.Covers(to, source.Type))
        {
            return (ValueConverter.Between(source.Type, to).Whole(source, to), null);
        }

        Column cast = Column.Create(to);
        Column? rest = null;
        for (int row = 0; row < source.Count; row++)
        {
            if (source.IsUnset(row))
            {
                cast.AppendUnset();
            }
            else if (source.IsNull(row))
            {
                cast.AppendNull();
            }
            else if (!TryAppend(source, row, cast))
            {
                cast.AppendNull();
                rest ??= Column.Create(source.Type);
                rest.PadTo(row);
                rest.AppendFrom(source, row);
            }
        }

        rest?.PadTo(source.Count);
        source.Dispose();
        return (cast, rest);
    }

    private bool TryAppend(Column source, int row, Column target) => target switch
    {
        Column<bool> c => TryBoolean(source, row, c),
        Column<short> c => TryInteger(source, row, out long v) && v is >= short.MinValue and <= short.MaxValue && Put(c, (short)v),
        Column<int> c when to.Kind == TypeKind.Int32 => TryInteger(source, row, out long v) && v is >= int.MinValue and <= int.MaxValue && Put(c, (int)v),
        Column<long> c when to.Kind == TypeKind.Int64 => TryInteger(source, row, out long v) && Put(c, v),
        Column<float> c => TryDouble(source, row, out double v) && ((double)(float)v == v || double.IsNaN(v)) && Put(c, (float)v),
        Column<double> c => TryDouble(source, row, out double v) && Put(c, v),
        Column<Int128> c => TryDecimal(source, row, out Int128 v) && Put(c, v),
        Column<Guid> c => Text(source, row) is { } t && Guid.TryParse(t, out Guid v) && Put(c, v),
        Column<int> c => TryDate(source, row, out int v) && Put(c, v),
        Column<long> c when to.Kind == TypeKind.Timestamp => TryTimestamp(source, row, out long v) && Put(c, v),
        Column<long> c => TryTime(source, row, out long v) && Put(c, v),
        VarColumn c when to.Kind == TypeKind.Json => TryJson(source, row, c),
        _ => false,
    };

    private static bool Put<T>(Column<T> column, T value)
        where T : unmanaged
    {
        column.Append(value);
        return true;
    }

    private static string? Text(Column source, int row) =>
        source is VarColumn { Type.Kind: TypeKind.Text } text ? Encoding.UTF8.GetString(text[row]).Trim() : null;

    private static bool TryBoolean(Column source, int row, Column<bool> target) => Text(source, row)?.ToLowerInvariant() switch
    {
        "true" or "t" or "yes" or "1" => Put(target, true),
        "false" or "f" or "no" or "0" => Put(target, false),
        null when TryInteger(source, row, out long v) && v is 0 or 1 => Put(target, v == 1),
        _ => false,
    };

    private static bool TryInteger(Column source, int row, out long value)
    {
        value = 0;
        if (!TryExact(source, row, out Int128 scaled, out int scale) || scaled % Scaling.Power(scale) != 0)
        {
            return false;
        }

        Int128 whole = scaled / Scaling.Power(scale);
        value = (long)whole;
        return value == whole;
    }

    // The value as a scaled integer: exact for text, integers and decimals; for floats only where they are whole.
    private static bool TryExact(Column source, int row, out Int128 value, out int scale)
    {
        scale = source.Type.Scale;
        switch (source)
        {
            case Column<short> c:
                value = c.Values[row];
                return true;
            case Column<int> c when c.Type.Kind == TypeKind.Int32:
                value = c.Values[row];
                return true;
            case Column<long> c when c.Type.Kind == TypeKind.Int64:
                value = c.Values[row];
                return true;
            case Column<Int128> c:
                value = c.Values[row];
                return true;
            case Column<double> c when Math.Abs(c.Values[row]) < long.MaxValue && Math.Floor(c.Values[row]) == c.Values[row]:
                value = (long)c.Values[row];
                return true;
            case Column<float> c when Math.Abs(c.Values[row]) < long.MaxValue && MathF.Floor(c.Values[row]) == c.Values[row]:
                value = (long)c.Values[row];
                return true;
            default:
                value = 0;
                return Text(source, row) is { } text && DecimalText.TryParse(text, out value, out scale);
        }
    }

    private static bool TryDouble(Column source, int row, out double value)
    {
        switch (source)
        {
            case Column<double> c:
                value = c.Values[row];
                return true;
            case Column<float> c:
                value = c.Values[row];
                return true;
            case Column<long> c when c.Type.Kind == TypeKind.Int64:
                value = c.Values[row];
                return !TypeLattice.IsWide(c.Values[row]);
            default:
                value = 0;
                string? text = source is Column<Int128> ? ValueText.Of(source, row) : Text(source, row);
                return text is not null && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && IsSame(source, row, value);
        }
    }

    // Text says which double it means; a decimal must be that double exactly.
    private static bool IsSame(Column source, int row, double value) =>
        source is not Column<Int128> decimals
            || (DecimalText.TryParse(value.ToString("R", CultureInfo.InvariantCulture), out Int128 back, out int scale)
                && scale <= decimals.Type.Scale && back * Scaling.Power(decimals.Type.Scale - scale) == decimals.Values[row]);

    private bool TryDecimal(Column source, int row, out Int128 value)
    {
        value = 0;
        string? shortest = source switch
        {
            Column<double> c => c.Values[row].ToString("R", CultureInfo.InvariantCulture),
            Column<float> c => c.Values[row].ToString("R", CultureInfo.InvariantCulture),
            _ => null,
        };
        bool isExact = shortest is null ? TryExact(source, row, out Int128 scaled, out int scale) : DecimalText.TryParse(shortest, out scaled, out scale);
        if (!isExact)
        {
            return false;
        }

        while (scale > to.Scale && scaled % 10 == 0)
        {
            scaled /= 10;
            scale--;
        }

        if (scale > to.Scale || Scaling.Digits(scaled) + (to.Scale - scale) > to.Precision)
        {
            return scaled == 0;
        }

        value = scaled * Scaling.Power(to.Scale - scale);
        return true;
    }

    private static bool TryDate(Column source, int row, out int days)
    {
        days = 0;
        if (source is Column<long> c && c.Type.Kind == TypeKind.Timestamp)
        {
            days = (int)(c.Values[row] / TimeSpan.TicksPerDay);
            return c.Values[row] % TimeSpan.TicksPerDay == 0;
        }

        if (!DateOnly.TryParseExact(Text(source, row), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date))
        {
            return false;
        }

        days = date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
        return true;
    }

    private bool TryTimestamp(Column source, int row, out long ticks)
    {
        ticks = 0;
        if (source is Column<int> { Type.Kind: TypeKind.Date } days)
        {
            ticks = days.Values[row] * TimeSpan.TicksPerDay;
            return !WideValues.IsWide(days, row);
        }

        if (source is Column<long> { Type.Kind: TypeKind.Timestamp } times && times.Type.IsUtc == to.IsUtc)
        {
            ticks = times.Values[row];
            return IsWithinPrecision(ticks);
        }

        // A naive column takes no text with a zone, and a text without one says no instant but in UTC.
        const DateTimeStyles Style = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        string? text = Text(source, row);
        bool hasZone = text is not null && (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf(':', StringComparison.Ordinal));
        if (text is null || (hasZone && !to.IsUtc) || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Style, out DateTimeOffset time))
        {
            return false;
        }

        ticks = time.UtcTicks - DateTime.UnixEpoch.Ticks;
        return IsWithinPrecision(ticks);
    }

    private bool TryTime(Column source, int row, out long ticks)
    {
        ticks = source is Column<long> { Type.Kind: TypeKind.Time } times ? times.Values[row] : -1;
        if (ticks < 0 && TimeOnly.TryParse(Text(source, row), CultureInfo.InvariantCulture, out TimeOnly time))
        {
            ticks = time.Ticks;
        }

        return ticks >= 0 && IsWithinPrecision(ticks);
    }

    private bool IsWithinPrecision(long ticks)
    {
        return ticks % (long)Scaling.Power(7 - to.Precision) == 0;
    }

    private static bool TryJson(Column source, int row, VarColumn target)
    {
        if (source is not VarColumn { Type.Kind: TypeKind.Text } text)
        {
            return false;
        }

        var reader = new Utf8JsonReader(text[row]);
        try
        {
            while (reader.Read())
            {
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // Text that is no JSON is what this asks about.
            return false;
        }

        target.Append(text[row]);
        return true;
    }
}
