using System.Runtime.CompilerServices;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Embedding;
using Millrace.Core.Engine;
using Millrace.Core.Schemas;
using Millrace.Testing.Fakes;

namespace Millrace.UnitTests.Embedding;

public sealed class MillracePipelineTests
{
    private readonly MemoryStore _store = new();

    [Fact]
    public async Task Objects_land_through_the_engine_and_a_second_run_replaces_them()
    {
        MillracePipeline pipeline = MillracePipeline.From("pairs", ct => Pairs(3, ct), "id").To(Destination(), new object(), "t");

        TaskOutcome first = await pipeline.RunAsync(TestContext.Current.CancellationToken);
        TaskOutcome second = await pipeline.RunAsync(TestContext.Current.CancellationToken);

        (first.Rows, first.Generation).ShouldBe((3, 1));
        (second.Rows, second.Generation).ShouldBe((3, 2));
        Rows().ShouldBe(new Dictionary<string, string> { ["k0"] = "v0", ["k1"] = "v1", ["k2"] = "v2" });
    }

    [Fact]
    public async Task Transforms_apply_in_order()
    {
        MillracePipeline pipeline = MillracePipeline.From("pairs", ct => Pairs(2, ct), "id").To(Destination(), new object(), "t")
            .Transform(batch => Upper(batch.Remove("value"), "first"))
            .Transform(batch => Upper(batch.Remove("value"), "second"));

        await pipeline.RunAsync(TestContext.Current.CancellationToken);

        Rows().Values.ShouldBe(["second", "second"]);
    }

    [Fact]
    public void A_pipeline_is_not_changed_by_what_is_made_of_it()
    {
        MillracePipeline pipeline = MillracePipeline.From("pairs", ct => Pairs(1, ct)).To(Destination(), new object(), "t");

        pipeline.With(task => task with { MaxColumns = 7 }).Task.MaxColumns.ShouldBe(7);
        pipeline.Task.MaxColumns.ShouldNotBe(7);
    }

    [Fact]
    public async Task Every_kind_of_property_becomes_its_column()
    {
        var connector = new ObjectConnector<Everything>("e", _ => AsyncEnumerable.Empty<Everything>(), []);
        ISource source = connector.CreateSource(null!);

        TableSchema schema = (await source.DescribeAsync(TestContext.Current.CancellationToken)).Single();

        schema.Columns.Select(c => $"{c.Name} {c.Type.Kind} {c.Nullable}").ShouldBe(
        [
            "Flag Boolean False", "Small Int16 True", "Number Int32 False", "Big Int64 False", "Single Float32 False", "Double Float64 True",
            "Money Decimal False", "Id Uuid False", "Day Date False", "At Time False", "Naive Timestamp False", "Instant Timestamp True",
            "Name Text True", "Raw Bytes True",
        ]);
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("12.5", "12.5")]
    [InlineData("-79228162514264337593543950335", "-79228162514264337593543950335")]
    [InlineData("0.000000001", "0.000000001")]
    [InlineData("-3.1000000000000000000000000000", "-3.1")]
    public async Task Decimals_keep_their_value(string value, string expected) =>
        (await ReadOne(new Everything { Money = decimal.Parse(value) }, "Money")).ShouldBe(expected);

    [Fact]
    public async Task Dates_and_nulls_keep_their_value()
    {
        var row = new Everything { Day = new(1969, 12, 31), Instant = new(2026, 11, 21, 10, 0, 0, TimeSpan.FromHours(2)), Name = "Łódź" };

        (await ReadOne(row, "Day")).ShouldBe("1969-12-31");
        (await ReadOne(row, "Instant"))!.ShouldStartWith("2026-11-21T08:00:00");
        (await ReadOne(row, "Name")).ShouldBe("Łódź");
        (await ReadOne(row, "Small")).ShouldBeNull();
    }

    [Fact]
    public async Task A_decimal_that_does_not_fit_is_refused_not_rounded() =>
        await Should.ThrowAsync<ArgumentException>(() => ReadOne(new Everything { Money = 0.00000000001m }, "Money"));

    [Fact]
    public void A_key_must_be_a_property() =>
        Should.Throw<ArgumentException>(() => MillracePipeline.From("pairs", ct => Pairs(1, ct), "nothing")).Message.ShouldContain("nothing");

    private FakeConnector Destination() => new()
    {
        Info = new("fake", "Fake", "For tests.", typeof(object)) { Dispositions = [.. Enum.GetValues<WriteDisposition>()] },
        Destination = _ => new MemoryDestination(_store),
    };

    private SortedDictionary<string, string> Rows() => _store.Tables[TableId.Parse("t")];

    private static RecordBatch Upper(RecordBatch batch, string text) => batch.Add<VarColumn>("value", LogicalType.Text, column =>
    {
        for (int row = 0; row < batch.RowCount; row++)
        {
            column.Append(System.Text.Encoding.UTF8.GetBytes(text));
        }
    });

    private static async Task<string?> ReadOne(Everything row, string column)
    {
        var connector = new ObjectConnector<Everything>("e", _ => Once(row), []);
        ISource source = connector.CreateSource(null!);
        ReadPlan plan = await source.PlanAsync(new([], 1), default);
        await foreach (RecordBatch batch in source.ReadAsync(new(plan.Partitions[0]), default))
        {
            using (batch)
            {
                Column found = batch.Columns[batch.Schema.IndexOf(column)];
                return found.IsNull(0) ? null : ValueText.Of(found, 0);
            }
        }

        return null;
    }

    private static async IAsyncEnumerable<Everything> Once(Everything row)
    {
        await Task.Yield();
        yield return row;
    }

    private static async IAsyncEnumerable<Pair> Pairs(int count, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (int i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return new Pair($"k{i}", $"v{i}");
        }
    }

    // Named as the columns that the store in memory keeps.
    private sealed record Pair(string id, string value);

    private sealed class Everything
    {
        public bool Flag { get; init; }

        public short? Small { get; init; }

        public int Number { get; init; }

        public long Big { get; init; }

        public float Single { get; init; }

        public double? Double { get; init; }

        public decimal Money { get; init; }

        public Guid Id { get; init; }

        public DateOnly Day { get; init; }

        public TimeOnly At { get; init; }

        public DateTime Naive { get; init; }

        public DateTimeOffset? Instant { get; init; }

        public string? Name { get; init; }

        public byte[]? Raw { get; init; }
    }
}
