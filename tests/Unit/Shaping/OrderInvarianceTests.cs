using System.Globalization;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.Shaping;

/// <summary>
/// Rows of mixed types in any order and any split. With the source's sample the tables are the same to the letter; without it the
/// plain name goes to the type that came first, and nothing else differs.
/// </summary>
public sealed class OrderInvarianceTests
{
    private static readonly string[] Names = ["a", "b", "B", "c", "nested"];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task With_a_sample(int seed) => CompareAsync(seed, t => t);

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task With_a_sample_flattened(int seed) => CompareAsync(seed, t => t with { Nested = new(NestedMode.Flatten, 2, "__") });

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task With_a_sample_and_child_tables(int seed) => CompareAsync(seed, t => t with { Nested = new(NestedMode.ChildTables, 2, "__") });

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Without_a_sample_no_value_and_no_type_differs(int seed)
    {
        var random = new Random(seed);
        TestRow[] rows = Rows(random);
        string[] expected = await ValuesAsync(rows);
        for (int i = 0; i < 4; i++)
        {
            random.Shuffle(rows);
            (await ValuesAsync(rows)).ShouldBe(expected);
        }
    }

    [Fact]
    public async Task Most_sampled_values_get_the_plain_name_whatever_comes_first()
    {
        TestRow[] rows =
        [
            TestRow.Insert(("_id", 1L), ("depth", "shallow")),
            TestRow.Insert(("_id", 2L), ("depth", 3L)),
            TestRow.Insert(("_id", 3L), ("depth", "deep")),
            TestRow.Insert(("_id", 4L), ("depth", 4.5)),
            TestRow.Insert(("_id", 5L), ("depth", 5L)),
        ];
        MemoryTables tables = await ShapingKit.LoadAsync(ShapingKit.Task(), rows, [1, 1, 1, 1, 1], newRuns: true, sample: SampleOf(rows));
        tables["orders"].Column("depth").Type.ShouldBe(LogicalType.Float64);
        tables["orders"].Columns.ShouldBe(["_id", "depth", "depth__v_text"]);
        tables["orders"].Value(1, "depth").ShouldBe("3");
    }

    [Fact]
    public async Task Integers_beside_floats_meet_in_float64_only_within_53_bits_whatever_comes_first()
    {
        TestRow[] rows =
        [
            TestRow.Insert(("_id", 1L), ("n", long.MaxValue)),
            TestRow.Insert(("_id", 2L), ("n", 0.5)),
            TestRow.Insert(("_id", 3L), ("n", 7L)),
        ];
        MemoryTables tables = await ShapingKit.LoadAsync(ShapingKit.Task(), rows, [1, 2], sample: SampleOf(rows));
        tables["orders"].Column("n").Type.ShouldBe(LogicalType.Float64);
        tables["orders"].Value(0, "n__v_int64").ShouldBe("9223372036854775807");
        tables["orders"].Value(2, "n").ShouldBe("7");
    }

    [Fact]
    public async Task A_masked_field_is_not_typed_by_what_it_was_before()
    {
        TestRow[] rows = [TestRow.Insert(("_id", 1L), ("n", 7L))];
        TaskDefinition task = ShapingKit.Task(columns: new ColumnMapping { From = "n", Mask = MaskKind.HmacSha256, MaskKey = "k" });
        MemoryTables tables = await ShapingKit.LoadAsync(task, rows, [1], sample: SampleOf(rows));
        tables["orders"].Columns.ShouldBe(["_id", "n"]);
        tables["orders"].Column("n").Type.ShouldBe(LogicalType.Text);
    }

    [Fact]
    public async Task A_contract_for_types_holds_for_the_value_that_calls_for_the_column()
    {
        TestRow[] rows = [TestRow.Insert(("_id", 1L), ("n", "text")), TestRow.Insert(("_id", 2L), ("n", 1L)), TestRow.Insert(("_id", 3L), ("n", 2L))];
        TaskDefinition task = ShapingKit.Task() with { Contract = new(ContractMode.Evolve, ContractMode.Evolve, ContractMode.Quarantine) };
        MemoryTables tables = await ShapingKit.LoadAsync(task, rows, [3], sample: SampleOf(rows));
        tables["orders"].Columns.ShouldBe(["_id", "n"], ignoreOrder: true);
        tables["orders"].Rows.Count.ShouldBe(2);
        tables.Rejected.Count.ShouldBe(1);
    }

    private static async Task CompareAsync(int seed, Func<TaskDefinition, TaskDefinition> with)
    {
        var random = new Random(seed);
        TestRow[] rows = Rows(random);
        TaskDefinition task = with(ShapingKit.Task());
        TableSchema sample = SampleOf(rows);
        string whole = (await ShapingKit.LoadAsync(task, rows, [rows.Length], sample: sample)).Dump();
        for (int i = 0; i < 4; i++)
        {
            random.Shuffle(rows);
            int[] sizes = [.. Enumerable.Range(0, rows.Length).Select(_ => random.Next(1, 9))];
            (await ShapingKit.LoadAsync(task, rows, sizes, newRuns: i % 2 == 0, sample: SampleOf(rows))).Dump().ShouldBe(whole);
        }
    }

    /// <summary>Each row's values with the field they are of, whichever of the field's columns holds them.</summary>
    private static async Task<string[]> ValuesAsync(TestRow[] rows)
    {
        MemoryTable table = (await ShapingKit.LoadAsync(ShapingKit.Task(), rows, [5, 1, rows.Length]))["orders"];
        return
        [
            .. table.Rows.Select(row => string.Join(
                "|",
                row.Select(c => $"{table.Column(c.Key).Source!.Split("::v_")[0]}={Plain(c.Value)}").Order(StringComparer.Ordinal))).Order(StringComparer.Ordinal),
        ];
    }

    private static string Plain(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && value.Length < 15
            ? number.ToString("R", CultureInfo.InvariantCulture)
            : value.Replace(".000", "", StringComparison.Ordinal).Replace("T00:00:00", "", StringComparison.Ordinal).TrimEnd('Z');

    private static TableSchema SampleOf(TestRow[] rows)
    {
        using RecordBatch batch = BatchMaker.Make(rows, "_id");
        return batch.Schema with
        {
            Columns = [.. batch.Schema.Columns.Select((c, i) => c with { SampledValues = batch.RowCount - batch.Columns[i].NullCount })],
        };
    }

    private static TestRow[] Rows(Random random) => [.. Enumerable.Range(0, random.Next(2, 40)).Select(i => Row(random, i))];

    private static TestRow Row(Random random, int id)
    {
        List<(string, object?)> fields = [("_id", (long)id)];
        foreach (string name in Names)
        {
            if (random.Next(3) > 0)
            {
                fields.Add((name, name == "nested" ? Nested(random) : Value(random)));
            }
        }

        return TestRow.Insert([.. fields]);
    }

    // Below a field the sample does not look: what is nested has one type each.
    private static object? Nested(Random random) => random.Next(4) switch
    {
        0 => "text",
        1 => new JsonValue("[1,2]"),
        _ => new JsonValue("{\"x\":" + random.Next(9).ToString(CultureInfo.InvariantCulture) + "}"),
    };

    private static object? Value(Random random) => random.Next(12) switch
    {
        0 => null,
        1 => random.NextInt64(1000),
        2 => random.Next(3) == 0 ? long.MinValue + random.Next(9) : random.NextInt64(1000),
        3 => random.Next(1000),
        4 => random.Next(1, 1000) + 0.5,
        5 => "text " + random.Next(9).ToString(CultureInfo.InvariantCulture),
        6 => random.Next(2) == 0,
        7 => new ScaledValue(((Int128)random.Next(100_000_000) * 10) + 1, random.Next(12)),
        8 => new DateOnly(2020, 1, 1 + random.Next(28)),
        9 => new DateTimeOffset(2020, 1, 1 + random.Next(28), 1, 2, 3, TimeSpan.Zero),
        10 => new NaiveTime(new DateTime(2020, 1, 1 + random.Next(28), 1, 2, 3, DateTimeKind.Unspecified)),
        _ => new Guid(random.Next(), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
    };
}
