using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>Reads decimals from text, exactly or not at all.</summary>
internal static class DecimalText
{
    /// <summary>
    /// Reads digits with an optional sign, point and exponent. False for anything else and for values that need more than 38 digits
    /// before and after the point together.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Int128 value, out int scale)
    {
        value = default;
        scale = 0;
        int exponent = 0;
        int mark = text.IndexOfAny('e', 'E');
        if (mark >= 0)
        {
            if (!int.TryParse(text[(mark + 1)..], System.Globalization.NumberStyles.AllowLeadingSign, null, out exponent))
            {
                return false;
            }

            text = text[..mark];
        }

        return TryParseDigits(text, out value, out int fraction, out bool isNegative) && TryScale(ref value, fraction, exponent, out scale)
            && Sign(ref value, isNegative);
    }

    private static bool TryParseDigits(ReadOnlySpan<char> text, out Int128 value, out int fraction, out bool isNegative)
    {
        value = default;
        fraction = 0;
        isNegative = text is ['-', ..];
        text = text is ['-' or '+', ..] ? text[1..] : text;
        bool isAfterPoint = false;
        int digits = 0;
        foreach (char c in text)
        {
            if (c == '.' && !isAfterPoint)
            {
                isAfterPoint = true;
                continue;
            }

            if (!char.IsAsciiDigit(c) || value >= Scaling.Power(LogicalType.MaxDecimalPrecision - 1))
            {
                return false;
            }

            value = (value * 10) + (c - '0');
            fraction += isAfterPoint ? 1 : 0;
            digits++;
        }

        return digits > 0;
    }

    private static bool TryScale(ref Int128 value, int fraction, int exponent, out int scale)
    {
        long wanted = (long)fraction - exponent;
        scale = (int)Math.Clamp(wanted, 0, LogicalType.MaxDecimalPrecision);
        if (value == 0)
        {
            return wanted <= LogicalType.MaxDecimalPrecision;
        }

        if (wanted >= 0)
        {
            return wanted <= LogicalType.MaxDecimalPrecision;
        }

        if (Scaling.Digits(value) - wanted > LogicalType.MaxDecimalPrecision)
        {
            return false;
        }

        value *= Scaling.Power((int)-wanted);
        return true;
    }

    private static bool Sign(ref Int128 value, bool isNegative)
    {
        value = isNegative ? -value : value;
        return true;
    }
}
