using Millrace.Connectors.MongoDb.Bson.Filters;
using Millrace.Core.Errors;

using static Millrace.UnitTests.Bson.BsonText;

namespace Millrace.UnitTests.Bson;

public class BsonFilterTests
{
    [Theory]
    // equality, types and null
    [InlineData("""{}""", """{"a":1}""", true)]
    [InlineData("""{"a":1}""", """{"a":{"$numberDecimal":"1.0"}}""", true)]
    [InlineData("""{"a":1}""", """{"a":"1"}""", false)]
    [InlineData("""{"a":1,"b":2}""", """{"a":1,"b":3}""", false)]
    [InlineData("""{"a":null}""", """{"b":1}""", true)]
    [InlineData("""{"a":null}""", """{"a":null}""", true)]
    [InlineData("""{"a":null}""", """{"a":0}""", false)]
    [InlineData("""{"a":{"$ne":null}}""", """{"b":1}""", false)]
    [InlineData("""{"a":{"x":1,"y":2}}""", """{"a":{"x":1,"y":2}}""", true)]
    [InlineData("""{"a":{"x":1,"y":2}}""", """{"a":{"y":2,"x":1}}""", false)]
    [InlineData("""{"a":{"$ref":"c","$id":1}}""", """{"a":{"$ref":"c","$id":1}}""", true)]
    // comparisons stay within a kind
    [InlineData("""{"a":{"$gt":5}}""", """{"a":6}""", true)]
    [InlineData("""{"a":{"$gt":5}}""", """{"a":5}""", false)]
    [InlineData("""{"a":{"$gte":5,"$lt":7}}""", """{"a":5.0}""", true)]
    [InlineData("""{"a":{"$gt":5}}""", """{"a":"x"}""", false)]
    [InlineData("""{"a":{"$lt":5}}""", """{"b":1}""", false)]
    [InlineData("""{"a":{"$lte":null}}""", """{"b":1}""", true)]
    [InlineData("""{"a":{"$lt":5}}""", """{"a":{"$numberDouble":"NaN"}}""", false)]
    [InlineData("""{"a":{"$gte":{"$numberDouble":"NaN"}}}""", """{"a":{"$numberDouble":"NaN"}}""", true)]
    [InlineData("""{"a":{"$gt":{"$minKey":1}}}""", """{"a":"x"}""", true)]
    [InlineData("""{"a":{"$lt":{"$date":"2024-01-01T00:00:00Z"}}}""", """{"a":{"$date":"2023-12-31T23:59:59.999Z"}}""", true)]
    [InlineData("""{"a":{"$gt":{"$oid":"000000000000000000000001"}}}""", """{"a":{"$oid":"000000000000000000000002"}}""", true)]
    // paths through documents and arrays
    [InlineData("""{"a.b":1}""", """{"a":{"b":1}}""", true)]
    [InlineData("""{"a.b":1}""", """{"a":[{"b":2},{"b":1}]}""", true)]
    [InlineData("""{"a.b":1}""", """{"a":[[{"b":1}]]}""", false)]
    [InlineData("""{"a.0":1}""", """{"a":[1,2]}""", true)]
    [InlineData("""{"a.1.b":1}""", """{"a":[{"b":2},{"b":1}]}""", true)]
    [InlineData("""{"a.0.b":1}""", """{"a":[{"b":2},{"b":1}]}""", false)]
    [InlineData("""{"a.0":1}""", """{"a":{"0":1}}""", true)]
    [InlineData("""{"a.b":null}""", """{"a":[{"b":1},{}]}""", true)]
    [InlineData("""{"a.b":null}""", """{"a":4}""", true)]
    [InlineData("""{"a.b":null}""", """{"a":[]}""", false)]
    [InlineData("""{"a":2}""", """{"a":[1,2]}""", true)]
    [InlineData("""{"a":[1,2]}""", """{"a":[1,2]}""", true)]
    [InlineData("""{"a":[1,2]}""", """{"a":[[1,2]]}""", true)]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""", false)]
    [InlineData("""{"a":{"$ne":2}}""", """{"a":[1,2]}""", false)]
    [InlineData("""{"a":{"$gt":1,"$lt":2}}""", """{"a":[0,3]}""", true)]
    // sets, arrays and existence
    [InlineData("""{"a":{"$in":[1,"x",null]}}""", """{"b":1}""", true)]
    [InlineData("""{"a":{"$in":[{"$regularExpression":{"pattern":"^x","options":""}}]}}""", """{"a":"xy"}""", true)]
    [InlineData("""{"a":{"$nin":[1,2]}}""", """{"a":[3,1]}""", false)]
    [InlineData("""{"a":{"$nin":[1,2]}}""", """{"b":1}""", true)]
    [InlineData("""{"a":{"$exists":true}}""", """{"a":null}""", true)]
    [InlineData("""{"a":{"$exists":false}}""", """{"a":null}""", false)]
    [InlineData("""{"a.b":{"$exists":0}}""", """{"a":[]}""", true)]
    [InlineData("""{"a":{"$size":2}}""", """{"a":[1,[2]]}""", true)]
    [InlineData("""{"a":{"$size":1}}""", """{"a":[[1]]}""", true)]
    [InlineData("""{"a":{"$size":0}}""", """{"a":[[]]}""", false)]
    [InlineData("""{"a":{"$all":[1,2]}}""", """{"a":[2,3,1]}""", true)]
    [InlineData("""{"a":{"$all":[1,4]}}""", """{"a":[2,3,1]}""", false)]
    [InlineData("""{"a":{"$all":[]}}""", """{"a":[]}""", false)]
    [InlineData("""{"a":{"$elemMatch":{"$gt":1,"$lt":3}}}""", """{"a":[0,2]}""", true)]
    [InlineData("""{"a":{"$elemMatch":{"$gt":1,"$lt":2}}}""", """{"a":[0,3]}""", false)]
    [InlineData("""{"a":{"$elemMatch":{"b":1,"c":2}}}""", """{"a":[{"b":1},{"c":2}]}""", false)]
    [InlineData("""{"a":{"$elemMatch":{"b":1,"c":2}}}""", """{"a":[{"b":1,"c":2}]}""", true)]
    [InlineData("""{"a":{"$elemMatch":{"$or":[{"b":1},{"c":2}]}}}""", """{"a":[{"c":2}]}""", true)]
    [InlineData("""{"a":{"$elemMatch":{"$eq":1}}}""", """{"a":1}""", false)]
    [InlineData("""{"a":{"$all":[{"$elemMatch":{"b":1}},{"$elemMatch":{"b":2}}]}}""", """{"a":[{"b":2},{"b":1}]}""", true)]
    // types and patterns
    [InlineData("""{"a":{"$type":"number"}}""", """{"a":{"$numberDecimal":"1"}}""", true)]
    [InlineData("""{"a":{"$type":["string",16]}}""", """{"a":1}""", true)]
    [InlineData("""{"a":{"$type":"string"}}""", """{"a":[1,"x"]}""", true)]
    [InlineData("""{"a":{"$type":"array"}}""", """{"a":[1]}""", true)]
    [InlineData("""{"a":{"$type":-1}}""", """{"a":{"$minKey":1}}""", true)]
    [InlineData("""{"a":{"$regex":"^AB","$options":"i"}}""", """{"a":"abc"}""", true)]
    [InlineData("""{"a":{"$options":"i","$regex":"^AB"}}""", """{"a":["x","abc"]}""", true)]
    [InlineData("""{"a":{"$regex":"^AB"}}""", """{"a":"abc"}""", false)]
    [InlineData("""{"a":{"$regularExpression":{"pattern":"é$","options":""}}}""", """{"a":"café"}""", true)]
    [InlineData("""{"a":{"$not":{"$regex":"x"}}}""", """{"a":1}""", true)]
    [InlineData("""{"a":{"$not":{"$gt":1,"$lt":9}}}""", """{"a":5}""", false)]
    // logic
    [InlineData("""{"$or":[{"a":1},{"b":1}]}""", """{"b":1}""", true)]
    [InlineData("""{"$and":[{"a":1},{"b":1}]}""", """{"b":1}""", false)]
    [InlineData("""{"$nor":[{"a":1},{"b":1}]}""", """{"c":1}""", true)]
    [InlineData("""{"c":1,"$or":[{"a":1},{"b":1}]}""", """{"b":1}""", false)]
    public void A_filter_matches_as_the_server_would(string filter, string document, bool matches) =>
        BsonFilter.Parse(filter).Matches(FromJson(document)).ShouldBe(matches);

    [Theory]
    [InlineData("""{"a":{"$near":1}}""", "$near")]
    [InlineData("""{"$where":"true"}""", "$where")]
    [InlineData("""{"$expr":{"$gt":["$a","$b"]}}""", "$expr")]
    [InlineData("""{"a":{"$not":{"$mod":[1,2]}}}""", "$mod")]
    [InlineData("""{"a":{"$gt":1,"b":2}}""", "mixes")]
    [InlineData("""{"$or":[]}""", "$or")]
    [InlineData("""{"$and":{"a":1}}""", "$and")]
    [InlineData("""{"a":{"$in":1}}""", "$in")]
    [InlineData("""{"a":{"$in":[{"$gt":1}]}}""", "$in")]
    [InlineData("""{"a":{"$size":1.5}}""", "$size")]
    [InlineData("""{"a":{"$type":"text"}}""", "$type")]
    [InlineData("""{"a":{"$regex":"(?=x)"}}""", "(?=x)")]
    [InlineData("""{"a":{"$regex":"("}}""", "$regex")]
    [InlineData("""{"a":{"$regex":"x","$options":"q"}}""", "q")]
    [InlineData("""{"a":{"$options":"i"}}""", "$options")]
    [InlineData("""{"a":{"$not":1}}""", "$not")]
    [InlineData("""{"a":{"$ne":{"$regularExpression":{"pattern":"x","options":""}}}}""", "$ne")]
    public void What_is_not_supported_is_refused_by_name(string filter, string named)
    {
        var error = Should.Throw<MillraceException>(() => BsonFilter.Parse(filter));
        error.Code.ShouldBe(ErrorCodes.MongoFilterInvalid);
        error.Message.ShouldContain(named);
        error.Fix.ShouldNotBeNullOrEmpty();
    }
}
