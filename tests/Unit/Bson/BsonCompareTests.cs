using System.Globalization;
using System.Numerics;

using FsCheck;
using FsCheck.Fluent;

using Millrace.Connectors.MongoDb.Bson;

using static Millrace.UnitTests.Bson.BsonText;

namespace Millrace.UnitTests.Bson;

public class BsonCompareTests
{
    /// <summary>One value of every kind, and several of some, each below the next.</summary>
    private static readonly string[] Ascending =
    [
        """{"$minKey":1}""", """{"$undefined":true}""", "null",
        """{"$numberDouble":"NaN"}""", """{"$numberDouble":"-Infinity"}""", """{"$numberDecimal":"-1E+6000"}""",
        """{"$numberLong":"-9223372036854775808"}""", "-1", """{"$numberDecimal":"-1E-6176"}""", """{"$numberDouble":"-0.0"}""",
        """{"$numberDouble":"5E-324"}""", """{"$numberDouble":"0.1"}""", """{"$numberDecimal":"0.1000000000000000055511151231257828"}""",
        "1", """{"$numberLong":"9007199254740992"}""", """{"$numberLong":"9007199254740993"}""", """{"$numberDouble":"9007199254740994.0"}""",
        """{"$numberLong":"9223372036854775807"}""", """{"$numberDouble":"9223372036854775808.0"}""", """{"$numberDecimal":"9223372036854775809"}""",
        """{"$numberDouble":"1.7976931348623157E+308"}""", """{"$numberDecimal":"1E+400"}""", """{"$numberDecimal":"Infinity"}""",
        "\"\"", "\"A\"", """{"$symbol":"a"}""", "\"aa\"", "\"é\"",
        "{}", """{"a":1}""", """{"a":1,"b":null}""", """{"b":1}""", """{"a":"x"}""", """{"a":{"b":{}}}""",
        "[]", "[1]", "[1,2]", "[2]",
        """{"$binary":{"base64":"","subType":"80"}}""", """{"$binary":{"base64":"/w==","subType":"00"}}""", """{"$binary":{"base64":"AA==","subType":"05"}}""",
        """{"$oid":"000000000000000000000001"}""", """{"$oid":"ff0000000000000000000000"}""", "false", "true",
        """{"$date":{"$numberLong":"-1"}}""", """{"$date":{"$numberLong":"1"}}""",
        """{"$timestamp":{"t":1,"i":2}}""", """{"$timestamp":{"t":4294967295,"i":0}}""",
        """{"$regularExpression":{"pattern":"a","options":"i"}}""", """{"$regularExpression":{"pattern":"b","options":""}}""",
        """{"$dbPointer":{"$ref":"a","$id":{"$oid":"000000000000000000000001"}}}""",
        """{"$code":"a"}""", """{"$code":"b"}""", """{"$code":"a","$scope":{}}""", """{"$code":"a","$scope":{"x":1}}""", """{"$maxKey":1}""",
    ];

    [Fact]
    public void Values_stand_in_MongoDBs_order()
    {
        for (var i = 0; i < Ascending.Length; i++)
        {
            for (var j = 0; j < Ascending.Length; j++)
            {
                Math.Sign(Compare(Ascending[i], Ascending[j])).ShouldBe(i.CompareTo(j), $"{Ascending[i]} against {Ascending[j]}");
            }
        }
    }

    [Theory]
    [InlineData("1", """{"$numberDecimal":"1.00"}""")]
    [InlineData("0", """{"$numberDouble":"-0.0"}""")]
    [InlineData("0", """{"$numberDecimal":"-0E+99"}""")]
    [InlineData("""{"$numberDouble":"0.5"}""", """{"$numberDecimal":"0.5"}""")]
    [InlineData("""{"$numberDouble":"Infinity"}""", """{"$numberDecimal":"Infinity"}""")]
    [InlineData("""{"$numberDouble":"NaN"}""", """{"$numberDecimal":"NaN"}""")]
    [InlineData("\"a\"", """{"$symbol":"a"}""")]
    [InlineData("""{"a":1}""", """{"a":{"$numberLong":"1"}}""")]
    public void Equal_values_of_several_types_are_equal(string left, string right)
    {
        Compare(left, right).ShouldBe(0);
        Compare(right, left).ShouldBe(0);
    }

    [Fact]
    public void Numbers_compare_as_exact_fractions_do()
    {
        var numbers = Numbers().ToArbitrary();
        Prop.ForAll(numbers, numbers, (l, r) =>
            Math.Sign(Compare(l.Json, r.Json)).ShouldBe((l.Numerator * r.Denominator).CompareTo(r.Numerator * l.Denominator), $"{l.Json} against {r.Json}"))
            .Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(3000).WithReplay(20260201, 9));
    }

    /// <summary>Numbers of all types crowded around the same few values, each with its exact fraction.</summary>
    private static Gen<(string Json, BigInteger Numerator, BigInteger Denominator)> Numbers() =>
        from centre in Gen.Elements(0L, 1, -1, 3, 1L << 53, -(1L << 53), long.MaxValue, long.MinValue, 123456789012345678)
        from offset in Gen.Choose(-2, 2)
        from fraction in Gen.Choose(0, 9)
        from kind in Gen.Choose(0, 3)
        select Number((Int128)centre + offset, fraction, kind);

    private static (string Json, BigInteger Numerator, BigInteger Denominator) Number(Int128 whole, int fraction, int kind)
    {
        switch (kind)
        {
            case 0:
                var small = (int)(whole % int.MaxValue);
                return ($$"""{"$numberInt":"{{small}}"}""", small, 1);
            case 1:
                var large = (long)Int128.Clamp(whole, long.MinValue, long.MaxValue);
                return ($$"""{"$numberLong":"{{large}}"}""", large, 1);
            case 2:
                var real = (double)whole + (fraction / 10.0);
                var mantissa = (long)Math.ScaleB(real, 52 - Math.ILogB(real == 0 ? 1 : real));
                var power = Math.ILogB(real == 0 ? 1 : real) - 52;
                return ($$"""{"$numberDouble":"{{real.ToString("R", CultureInfo.InvariantCulture)}}"}""",
                    power >= 0 ? (BigInteger)mantissa << power : mantissa, power >= 0 ? 1 : BigInteger.One << -power);
            default:
                return ($$"""{"$numberDecimal":"{{whole}}.{{fraction}}"}""", ((BigInteger)whole * 10) + (whole < 0 ? -fraction : fraction), 10);
        }
    }

    private static int Compare(string left, string right)
    {
        var l = new BsonReader(FromJson($$"""{"v":{{left}}}"""));
        var r = new BsonReader(FromJson($$"""{"v":{{right}}}"""));
        l.Next();
        r.Next();
        return BsonCompare.Compare(l.Current, r.Current);
    }
}
