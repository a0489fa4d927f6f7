using System.Text.Json.Nodes;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.Config;

public sealed class NotationTests
{
    [Theory]
    [InlineData(0, "0 entries")]
    [InlineData(1, "1 entry")]
    [InlineData(2, "2 entries")]
    [InlineData(12345, "12,345 entries")]
    public void A_count_stands_with_its_noun(long count, string text) => Quantity.Of(count, "entry", "entries").ShouldBe(text);

    [Theory]
    [InlineData(0, "0 rows")]
    [InlineData(1, "1 row")]
    [InlineData(1000, "1,000 rows")]
    public void Most_nouns_take_an_s(long count, string text) => Quantity.Of(count, "row").ShouldBe(text);

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("30s", 30)]
    [InlineData("10m", 600)]
    [InlineData("2h30m", 9000)]
    [InlineData("1d", 86400)]
    [InlineData("1.5h", 5400)]
    public void Durations_are_read(string text, double seconds)
    {
        Duration.TryParse(text, out TimeSpan duration).ShouldBeTrue();
        duration.TotalSeconds.ShouldBe(seconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("m")]
    [InlineData("10 parsecs")]
    [InlineData("-5s")]
    [InlineData("9999999999d")]
    public void What_is_no_duration_is_refused(string text) => Duration.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Durations_round_trip()
    {
        var random = new Random(7);
        for (int i = 0; i < 1000; i++)
        {
            var duration = TimeSpan.FromMilliseconds(random.NextInt64(0, 1L << (i % 45)));
            Duration.TryParse(Duration.Format(duration), out TimeSpan back).ShouldBeTrue();
            back.ShouldBe(duration);
        }
    }

    [Fact]
    public void Column_types_round_trip()
    {
        LogicalType[] types =
        [
            LogicalType.Boolean, LogicalType.Int16, LogicalType.Int32, LogicalType.Int64, LogicalType.Float32, LogicalType.Float64,
            LogicalType.Text, LogicalType.Json, LogicalType.Bytes, LogicalType.Uuid, LogicalType.Date, LogicalType.Decimal(38, 38),
            LogicalType.Decimal(1, 0), LogicalType.Time(0), LogicalType.Time(7), LogicalType.TimestampNaive(3), LogicalType.TimestampUtc(7),
        ];
        foreach (LogicalType type in types)
        {
            LogicalTypeText.TryParse(type.ToString(), out LogicalType back).ShouldBeTrue(type.ToString());
            back.ShouldBe(type);
        }
    }

    [Theory]
    [InlineData("decimal(39,0)")]
    [InlineData("decimal(5,6)")]
    [InlineData("decimal()")]
    [InlineData("timestamp(8)")]
    [InlineData("varchar")]
    [InlineData("(")]
    public void What_is_no_column_type_is_refused(string text) => LogicalTypeText.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void The_schema_is_deterministic_and_speaks_of_every_setting()
    {
        string schema = ProjectSchema.ToJson(ProjectSamples.Connectors);

        schema.ShouldBe(ProjectSchema.ToJson(ProjectSamples.Connectors));
        JsonNode root = JsonNode.Parse(schema).ShouldNotBeNull();
        JsonNode task = root["properties"]!["jobs"]!["additionalProperties"]!["properties"]!["tasks"]!["items"]!["properties"]!;
        task["source"]!["properties"]!["batch_size"]!["default"]!.GetValue<int>().ShouldBe(2000);
        task["source"]!["properties"]!["replication_method"]!["enum"]!.AsArray().Count.ShouldBe(3);
        task["limits"]!["properties"]!["run_max_bytes"].ShouldNotBeNull();
        JsonArray connections = root["properties"]!["connections"]!["additionalProperties"]!["allOf"]!.AsArray();
        connections.Select(c => c!["then"]!["properties"]!["type"]!["const"]!.GetValue<string>()).ShouldBe(["duckdb", "files", "lab", "mongodb", "sqlonly"]);
    }

    [Fact]
    public void Options_describe_themselves()
    {
        OptionDescription pool = OptionDescription.Of(typeof(ProjectSamples.MongoOptions)).Single(o => o.Name == "pool_size");

        (pool.TypeName, pool.Default, pool.Min, pool.Max, pool.Secret).ShouldBe(("whole number", "4", "1", "64", false));
        ProjectSchema.Sections.SelectMany(s => s.Options).ShouldAllBe(o => o.Meaning.Length > 5);
    }
}
