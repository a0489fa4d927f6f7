using System.Text;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Decoding;
using Millrace.Core.Batches;
using Millrace.Core.Embedding;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.MongoDb;

public sealed class DecimalDecodingTests
{
    [Theory]
    [InlineData("-0")]
    [InlineData("-0.00")]
    [InlineData("-0E+3")]
    [InlineData("NaN")]
    [InlineData("-Infinity")]
    [InlineData("1E+40")]
    public void What_a_decimal_column_cannot_hold_keeps_its_text(string text)
    {
        using RecordBatch batch = Decode("1.50", text, "2");

        batch.Find<Column<Int128>>("d")!.IsNull(1).ShouldBeTrue();
        batch.Find<VarColumn>("d")!.Count.ShouldBe(3);
        Encoding.UTF8.GetString(batch.Find<VarColumn>("d")![1]).ShouldBe(text);
    }

    [Fact]
    public void Zeros_at_the_end_are_no_part_of_the_number()
    {
        using RecordBatch batch = Decode("1.0", "1.00", "0.000");

        Column<Int128> values = batch.Find<Column<Int128>>("d")!;
        values.Type.Scale.ShouldBe((byte)3);
        values.Values.ToArray().ShouldBe([1000, 1000, 0]);
    }

    private static RecordBatch Decode(params string[] values)
    {
        using var builder = new DocumentBatchBuilder(new TableId("", "t"), "p", hidesRaw: false, isLog: false);
        foreach (string value in values)
        {
            builder.Add(ExtendedJsonReader.ReadDocument($$$"""{"d":{"$numberDecimal":"{{{value}}}"}}"""), default);
        }

        return builder.Build(null);
    }
}
