using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Errors;

using static Millrace.UnitTests.Bson.BsonText;

namespace Millrace.UnitTests.Bson;

public class ExtendedJsonReaderTests
{
    [Theory]
    [InlineData("""{"a":2147483647,"b":2147483648,"c":9223372036854775808,"d":1.0}""", """{"a":{"$numberInt":"2147483647"},"b":{"$numberLong":"2147483648"},"c":{"$numberDouble":"9.223372036854776E+18"},"d":{"$numberDouble":"1.0"}}""")]
    [InlineData("""{"a":{"$regex":"x","$options":"i"}}""", """{"a":{"$regex":"x","$options":"i"}}""")]
    [InlineData("""{"$oid":"57e193d7a9cc81b4027498b5"}""", """{"$oid":"57e193d7a9cc81b4027498b5"}""")]
    [InlineData("""{"a":{"$scope":{},"$code":"f"}}""", """{"a":{"$code":"f","$scope":{}}}""")]
    [InlineData("""{"a":{"$scope":{}}}""", """{"a":{"$scope":{}}}""")]
    [InlineData("""{"a\u00e9\"":1,"a\u00e9\"":true}""", """{"aé\"":{"$numberInt":"1"},"aé\"":true}""")]
    [InlineData("""{"a":{"$date":"2024-02-29T01:02:03.5+01:00"}}""", """{"a":{"$date":{"$numberLong":"1709164923500"}}}""")]
    public void Documents_become_what_they_say(string json, string canonical) => Canonical(ExtendedJsonReader.ReadDocument(json)).ShouldBe(canonical);

    [Theory]
    [InlineData("""{"a":{"$date":42}}""", """{"a":{"$date":{"$numberLong":"42"}}}""")]
    [InlineData("""{"a":{"$binary":"//8=","$type":"3"}}""", """{"a":{"$binary":{"base64":"//8=","subType":"03"}}}""")]
    [InlineData("""{"a":{"$numberLong":42}}""", """{"a":{"$numberLong":"42"}}""")]
    public void Older_spellings_are_read_only_on_request(string json, string canonical)
    {
        Canonical(ExtendedJsonReader.ReadDocument(json, ExtendedJsonDialect.V2AndLegacy)).ShouldBe(canonical);
        Should.Throw<MillraceException>(() => ExtendedJsonReader.ReadDocument(json)).Code.ShouldBe(ErrorCodes.ExtendedJsonInvalid);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"a":1} x""")]
    [InlineData("""{"a":1}{}""")]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"a":1e999}""")]
    [InlineData("""{"a":{"$oid":"57e193d7a9cc81b4027498b"}}""")]
    [InlineData("""{"a":{"$oid":"57e193d7a9cc81b4027498bx"}}""")]
    [InlineData("""{"a":{"$numberInt":"2147483648"}}""")]
    [InlineData("""{"a":{"$numberInt":"1 "}}""")]
    [InlineData("""{"a":{"$numberDouble":"1e999"}}""")]
    [InlineData("""{"a":{"$binary":{"base64":"x","subType":"00"}}}""")]
    [InlineData("""{"a":{"$date":"yesterday"}}""")]
    [InlineData("""{"a":{"$date":"2024-01-01T00:00:00.0001Z"}}""")]
    [InlineData("""{"a":{"$date":{"$numberLong":"1"},"$date":{"$numberLong":"1"}}}""")]
    [InlineData("""{"a":{"$timestamp":{"t":-1,"i":1}}}""")]
    public void What_is_not_extended_json_is_refused_and_leaves_nothing(string json)
    {
        using var buffer = new ByteBuffer();
        Should.Throw<MillraceException>(() => ExtendedJsonReader.ReadDocument(System.Text.Encoding.UTF8.GetBytes(json), buffer))
            .Code.ShouldBe(ErrorCodes.ExtendedJsonInvalid);
        buffer.Length.ShouldBe(0);
    }

    [Fact]
    public void Too_deep_is_refused()
    {
        var json = string.Concat(Enumerable.Repeat("{\"a\":", 600)) + "1" + new string('}', 600);
        Should.Throw<MillraceException>(() => ExtendedJsonReader.ReadDocument(json)).Code.ShouldBe(ErrorCodes.ExtendedJsonInvalid);
    }
}
