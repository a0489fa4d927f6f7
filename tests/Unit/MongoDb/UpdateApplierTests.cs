using System.Text;
using System.Text.Json.Nodes;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Errors;

namespace Millrace.UnitTests.MongoDb;

public sealed class UpdateApplierTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Any_change_comes_out_as_it_went_in_and_twice_is_as_good_as_once(int version)
    {
        var random = new Random(20261121 + version);
        for (int round = 0; round < 4000; round++)
        {
            JsonObject before = UpdateModel.RandomDocument(random);
            JsonObject after = UpdateModel.Change(before, random);
            JsonObject update = version == 1 ? UpdateModel.OperatorsFor(before, after, random) : UpdateModel.DiffFor(before, after, random);

            JsonNode once = Apply(before.ToJsonString(), update.ToJsonString());
            JsonNode twice = Apply(once.ToJsonString(), update.ToJsonString());

            JsonNode.DeepEquals(once, after).ShouldBeTrue($"round {round}: {before} with {update} gave {once}, not {after}");
            JsonNode.DeepEquals(twice, after).ShouldBeTrue($"round {round}, twice: {before} with {update} gave {twice}, not {after}");
        }
    }

    [Theory]
    // Insertions go to the end, updates stay in place.
    [InlineData("""{"_id":1,"a":1,"b":2}""", """{"$v":2,"diff":{"u":{"a":9},"i":{"z":1}}}""", """{"_id":1,"a":9,"b":2,"z":1}""")]
    [InlineData("""{"_id":1,"a":1,"b":2}""", """{"$v":2,"diff":{"d":{"a":false},"i":{"b":3}}}""", """{"_id":1,"b":3}""")]
    // An array grows through nulls, is cut, and changes inside.
    [InlineData("""{"a":[1,2]}""", """{"$v":2,"diff":{"sa":{"a":true,"u4":5}}}""", """{"a":[1,2,null,null,5]}""")]
    [InlineData("""{"a":[1,2,3]}""", """{"$v":2,"diff":{"sa":{"a":true,"l":1}}}""", """{"a":[1]}""")]
    [InlineData("""{"a":[1]}""", """{"$v":2,"diff":{"sa":{"a":true,"l":3}}}""", """{"a":[1,null,null]}""")]
    [InlineData("""{"a":[{"b":{"c":1}}]}""", """{"$v":2,"diff":{"sa":{"a":true,"s0":{"sb":{"u":{"c":2}}}}}}""", """{"a":[{"b":{"c":2}}]}""")]
    // A field called like a section's prefix.
    [InlineData("""{"s":{"u":1},"a":0}""", """{"$v":2,"diff":{"ss":{"u":{"u":2}}}}""", """{"s":{"u":2},"a":0}""")]
    // What a diff cannot enter becomes null: a later entry sets it.
    [InlineData("""{"a":5}""", """{"$v":2,"diff":{"sa":{"u":{"b":1}}}}""", """{"a":null}""")]
    // Version 1.
    [InlineData("""{"_id":1}""", """{"$v":1,"$set":{"a.b.c":1}}""", """{"_id":1,"a":{"b":{"c":1}}}""")]
    [InlineData("""{"a":[1,{"b":2}]}""", """{"$set":{"a.1.b":3,"a.3":4}}""", """{"a":[1,{"b":3},null,4]}""")]
    [InlineData("""{"a":{"1":2}}""", """{"$set":{"a.1":3}}""", """{"a":{"1":3}}""")]
    [InlineData("""{"a":[1,2],"b":1}""", """{"$unset":{"a.0":true,"b":true}}""", """{"a":[null,2]}""")]
    [InlineData("""{"a":5}""", """{"$set":{"a.b":1}}""", """{"a":5}""")]
    public void Known_cases(string before, string update, string after) =>
        Print(Apply(Bson(before), Bson(update))).ShouldBe(Print(Bson(after)));

    [Theory]
    [InlineData("""{"$inc":{"a":1}}""")]
    [InlineData("""{"$v":2,"diff":{"x":{"a":1}}}""")]
    [InlineData("""{"$v":2,"diff":{"sa":{"a":true,"u1":1,"u0":1}}}""")]
    [InlineData("""{"$v":2,"diff":{"sa":{"a":true,"l":2000000000}}}""")]
    [InlineData("""{"$set":{"a.2000000":1}}""")]
    public void What_cannot_be_applied_is_a_coded_error(string update) =>
        Should.Throw<MillraceException>(() => Apply(Bson("""{"a":[1,2]}"""), Bson(update))).Code.ShouldBe(ErrorCodes.OplogEntryRejected);

    [Fact]
    public void Damaged_updates_never_crash()
    {
        var random = new Random(7);
        int refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            JsonObject before = UpdateModel.RandomDocument(random);
            JsonObject after = UpdateModel.Change(before, random);
            byte[] update = Bson((random.Next(2) == 0 ? UpdateModel.OperatorsFor(before, after, random) : UpdateModel.DiffFor(before, after, random)).ToJsonString());
            update[random.Next(update.Length)] = (byte)random.Next(256);
            try
            {
                Apply(Bson(before.ToJsonString()), update);
            }
            catch (MillraceException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void A_large_diff_of_a_large_document_costs_no_more_than_its_size()
    {
        var before = new JsonObject();
        var changed = new JsonObject();
        for (int i = 0; i < 50_000; i++)
        {
            before[$"field{i}"] = i;
            changed[$"field{i}"] = i + 1;
        }

        JsonNode after = Apply(before.ToJsonString(), new JsonObject { ["$v"] = 2, ["diff"] = new JsonObject { ["u"] = changed.DeepClone() } }.ToJsonString());

        JsonNode.DeepEquals(after, changed).ShouldBeTrue();
    }

    private static JsonNode Apply(string before, string update) => JsonNode.Parse(Print(Apply(Bson(before), Bson(update))))!;

    private static byte[] Apply(byte[] before, byte[] update)
    {
        using var applier = new UpdateApplier();
        return applier.Apply(before, update).ToArray();
    }

    private static byte[] Bson(string json) => ExtendedJsonReader.ReadDocument(json);

    private static string Print(byte[] document)
    {
        using var buffer = new ByteBuffer();
        ExtendedJsonWriter.WriteDocument(document, buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
