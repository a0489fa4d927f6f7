using System.Globalization;
using System.Numerics;

namespace Millrace.EndToEndTests.Support;

/// <summary>Decimal numbers of any size in one normal form, so that equal values have equal texts: <c>12.50</c>, <c>1.25E1</c> and <c>12.5</c> are one.</summary>
internal static class ExactNumber
{
    /// <summary>The normal form, or null where the text is no finite number.</summary>
    public static string? Normalize(string text)
    {
        int exponentAt = text.IndexOfAny(['e', 'E']);
        int exponent = 0;
        if (exponentAt >= 0 && !int.TryParse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
        {
            return null;
        }

        string digits = exponentAt < 0 ? text : text[..exponentAt];
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
        {
            exponent -= digits.Length - point - 1;
            digits = digits.Remove(point, 1);
        }

        if (!BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger coefficient))
        {
            return null;
        }

        if (coefficient.IsZero)
        {
            return "0";
        }

        string plain = coefficient.ToString(CultureInfo.InvariantCulture);
        string trimmed = plain.TrimEnd('0');
        return trimmed + "e" + (exponent + plain.Length - trimmed.Length).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The normal form of a float's shortest text; NaN and infinities by their names in Extended JSON.</summary>
    public static string OfFloat(double value) =>
        double.IsNaN(value) ? "NaN"
        : double.IsInfinity(value) ? value > 0 ? "Infinity" : "-Infinity"
        : Normalize(value.ToString("R", CultureInfo.InvariantCulture))!;
}
