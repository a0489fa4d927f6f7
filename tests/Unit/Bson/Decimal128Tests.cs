using System.Globalization;
using System.Numerics;

using FsCheck;
using FsCheck.Fluent;

using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.UnitTests.Bson;

public class Decimal128Tests
{
    private static readonly BigInteger Limit = BigInteger.Pow(10, Decimal128.MaxDigits);

    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0", "-0")]
    [InlineData("1.10", "1.10")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("0.0000001", "1E-7")]
    [InlineData("1000e-3", "1.000")]
    [InlineData("1e3", "1E+3")]
    [InlineData("+12.5e-10", "1.25E-9")]
    [InlineData("9999999999999999999999999999999999e6111", "9.999999999999999999999999999999999E+6144")]
    [InlineData("1e6144", "1.000000000000000000000000000000000E+6144")]
    [InlineData("1e-6176", "1E-6176")]
    [InlineData("10e-6177", "1E-6176")]
    [InlineData("0e99999", "0E+6111")]
    [InlineData("inf", "Infinity")]
    [InlineData("-INFINITY", "-Infinity")]
    [InlineData("nan", "NaN")]
    public void Text_becomes_canonical(string text, string canonical) => Decimal128.Parse(text).ToString().ShouldBe(canonical);

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("1e6145")]
    [InlineData("1e-6177")]
    [InlineData("12345678901234567890123456789012345")]
    [InlineData("1e")]
    [InlineData(" 1")]
    [InlineData("1e99999999999999999999")]
    public void What_is_no_decimal128_or_would_be_rounded_is_refused(string text) =>
        Should.Throw<FormatException>(() => Decimal128.Parse(text));

    [Fact]
    public void Every_finite_value_survives_text()
    {
        Prop.ForAll(Values().ToArbitrary(), value => Decimal128.Parse(value.ToString()) == value)
            .Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(5000).WithReplay(20260101, 1));
    }

    [Fact]
    public void Scaled_integers_are_exact()
    {
        var fitted = 0;
        Prop.ForAll(Values().ToArbitrary(), value =>
        {
            if (!value.TryToScaled(out var unscaled, out var scale))
            {
                return;
            }

            fitted++;
            scale.ShouldBeInRange(0, 38);
            BigInteger.Abs((BigInteger)unscaled).ShouldBeLessThan(BigInteger.Pow(10, 38));
            AtScale(value, scale).ShouldBe((BigInteger)unscaled);
            value.TryToScaled(scale, out var again).ShouldBeTrue();
            again.ShouldBe(unscaled);
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(5000).WithReplay(20260102, 3));
        fitted.ShouldBeGreaterThan(500);
    }

    [Fact]
    public void What_does_not_fit_38_digits_is_refused()
    {
        Prop.ForAll(Values().ToArbitrary(), value =>
        {
            var fits = Enumerable.Range(0, 39).Any(scale => AtScale(value, scale) is { } n && BigInteger.Abs(n) < BigInteger.Pow(10, 38));
            value.TryToScaled(out _, out _).ShouldBe(fits, value.ToString());
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(20260103, 5));
    }

    [Fact]
    public void Scaled_integers_come_back()
    {
        Prop.ForAll(Values().ToArbitrary(), value =>
        {
            if (value.TryToScaled(out var unscaled, out var scale) && Decimal128.TryFromScaled(unscaled, scale, out var back))
            {
                AtScale(back, 38).ShouldBe(AtScale(value, 38));
            }
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(3000).WithReplay(20260104, 7));
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    [InlineData("1E+38")]
    [InlineData("1E-39")]
    public void What_has_no_scaled_form_says_so(string text) => Decimal128.Parse(text).TryToScaled(out _, out _).ShouldBeFalse();

    [Theory]
    [InlineData("1.5", 1.5)]
    [InlineData("-1E-400", -0.0)]
    [InlineData("1E+400", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    [InlineData("NaN", double.NaN)]
    public void Doubles_are_the_nearest(string text, double expected) => Decimal128.Parse(text).ToDouble().ShouldBe(expected);

    [Fact]
    public void A_coefficient_of_35_digits_is_zero_by_the_standard()
    {
        var largest = Decimal128.FromParts(negative: false, PowersOf10(34) - 1, 0);
        largest.ToString().ShouldBe(new string('9', 34));
        var beyond = new Decimal128(largest.High, largest.Low + 1);
        beyond.IsZero.ShouldBeTrue();
        beyond.ToString().ShouldBe("0");

        static UInt128 PowersOf10(int power) => (UInt128)BigInteger.Pow(10, power);
    }

    /// <summary>value × 10^scale, or null where it is not an integer.</summary>
    private static BigInteger? AtScale(Decimal128 value, int scale)
    {
        var coefficient = (BigInteger)value.Coefficient * (value.IsNegative ? -1 : 1);
        var power = value.Exponent + scale;
        if (coefficient.IsZero)
        {
            return BigInteger.Zero;
        }

        if (power >= 0)
        {
            return coefficient * BigInteger.Pow(10, power);
        }

        var quotient = BigInteger.DivRem(coefficient, BigInteger.Pow(10, -power), out var remainder);
        return remainder.IsZero ? quotient : null;
    }

    /// <summary>Coefficients of every length, with and without trailing zeros; exponents near zero and at the limits.</summary>
    private static Gen<Decimal128> Values() =>
        from digits in Gen.Choose(0, Decimal128.MaxDigits)
        from zeros in Gen.Choose(0, digits)
        from seed in Gen.Choose(0, int.MaxValue)
        from negative in Gen.Elements(true, false)
        from exponent in Gen.OneOf(
            Gen.Choose(-45, 40), Gen.Choose(Decimal128.MinExponent, Decimal128.MinExponent + 40), Gen.Choose(Decimal128.MaxExponent - 40, Decimal128.MaxExponent))
        select Decimal128.FromParts(negative, Coefficient(digits, zeros, seed), exponent);

    private static UInt128 Coefficient(int digits, int zeros, int seed)
    {
        var random = new Random(seed);
        var text = string.Concat(Enumerable.Range(0, digits).Select(i => i < digits - zeros ? (char)('0' + random.Next(10)) : '0'));
        return text.Length == 0 ? UInt128.Zero : (UInt128)(BigInteger.Parse(text, CultureInfo.InvariantCulture) % Limit);
    }
}
