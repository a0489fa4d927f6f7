using System.Globalization;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.Shaping;

/// <summary>The same changes give the same tables, in one batch, in many, and in many runs.</summary>
public sealed class SplitInvarianceTests
{
    private static readonly string[] Names = ["a", "b", "B", "c", "a__v_text", "nested", "n"];

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task Types_and_values(int seed) => CompareAsync(seed, t => t, Value);

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task Under_few_columns(int seed) => CompareAsync(seed, t => t with { MaxColumns = 4 }, Value);

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task Flattened(int seed) => CompareAsync(seed, t => t with { Nested = new(NestedMode.Flatten, 2, "__") }, Value);

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task Child_tables(int seed) => CompareAsync(seed, t => t with { Nested = new(NestedMode.ChildTables, 2, "__") }, Value);

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task Numbers_alone(int seed) => CompareAsync(seed, t => t, Number);

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task With_casts_and_masks(int seed) => CompareAsync(
        seed,
        t => t with
        {
            Columns =
            [
                new() { From = "a", To = "a2", Cast = LogicalType.Decimal(12, 2) },
                new() { From = "nested.x", Mask = MaskKind.HmacSha256, MaskKey = "k" },
                new() { Constant = "eu", To = "region" },
            ],
        },
        Value);

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task Discarded_rows(int seed) => CompareAsync(
        seed, t => t with { Contract = new(ContractMode.Evolve, ContractMode.Evolve, ContractMode.DiscardRow) }, Plain, false);

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task Discarded_values(int seed) => CompareAsync(
        seed, t => t with { Contract = new(ContractMode.Evolve, ContractMode.Evolve, ContractMode.DiscardValue) }, v => v.Next(3) == 0 ? "text" : (object)v.NextInt64(100), false);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 8)];

    private static async Task CompareAsync(int seed, Func<TaskDefinition, TaskDefinition> with, Func<Random, object?> value, bool alsoRuns = true)
    {
        var random = new Random(seed);
        TestRow[] rows = [.. Enumerable.Range(0, random.Next(2, 40)).Select(_ => Row(random, value))];
        TaskDefinition task = with(ShapingKit.Task());
        var naming = new NamingRule(63, seed % 2 == 0);
        string whole = (await ShapingKit.LoadAsync(task, rows, [rows.Length], naming: naming)).Dump();
        string single = (await ShapingKit.LoadAsync(task, rows, Enumerable.Repeat(1, rows.Length), naming: naming)).Dump();
        single.ShouldBe(whole);
        int[] sizes = [.. Enumerable.Range(0, rows.Length).Select(_ => random.Next(1, 9))];
        (await ShapingKit.LoadAsync(task, rows, sizes, naming: naming)).Dump().ShouldBe(whole);
        if (alsoRuns)
        {
            (await ShapingKit.LoadAsync(task, rows, sizes, true, naming)).Dump().ShouldBe(whole);
        }
    }

    // Keys are never taken twice: a value that is overwritten would make what the target still shows of it depend on the order of runs.
    private static int _next;

    private static TestRow Row(Random random, Func<Random, object?> value)
    {
        List<(string, object?)> fields = [("_id", (long)Interlocked.Increment(ref _next))];
        foreach (string name in Names)
        {
            if (random.Next(3) > 0)
            {
                fields.Add((name, value(random)));
            }
        }

        return TestRow.Insert([.. fields]);
    }

    // Without decimals: under a types contract the first batch's declared decimal is the column's type.
    private static object? Plain(Random random)
    {
        object? value = Value(random);
        return value is ScaledValue ? "text" : value;
    }

    private static object? Number(Random random) => random.Next(5) switch
    {
        0 => random.NextInt64(1000),
        1 => random.Next(4) == 0 ? long.MaxValue - random.Next(9) : random.NextInt64(1L << 50),
        2 => random.NextDouble(),
        3 => random.Next(1000),
        _ => new ScaledValue(((Int128)random.Next(100_000_000) * 10) + 1, random.Next(12)),
    };

    private static object? Value(Random random) => random.Next(16) switch
    {
        0 => null,
        1 => random.NextInt64(1000),
        2 => random.Next(3) == 0 ? long.MinValue + random.Next(9) : random.NextInt64(1000),
        3 => random.NextDouble(),
        4 => "text " + random.Next(9).ToString(CultureInfo.InvariantCulture),
        5 => random.Next(2) == 0,
        6 => new ScaledValue(((Int128)random.Next(100_000_000) * 10) + 1, random.Next(12)),
        7 => new ScaledValue(Int128.Parse("9999999999999999999999999999999999", CultureInfo.InvariantCulture) - random.Next(8), random.Next(34)),
        8 => new DateOnly(2020, 1, 1 + random.Next(28)),
        9 => new DateTimeOffset(2020, 1, 1 + random.Next(28), 1, 2, 3, TimeSpan.Zero),
        10 => new NaiveTime(new DateTime(2020, 1, 1 + random.Next(28), 1, 2, 3, DateTimeKind.Unspecified)),
        11 => new JsonValue("{\"x\":" + random.Next(9) + ",\"y\":{\"z\":\"" + random.Next(9) + "\",\"w\":{\"q\":[1]}}}"),
        12 => new JsonValue("[" + random.Next(9) + ",\"s\",{\"x\":1.5},{\"x\":\"" + random.Next(9) + "\",\"k\":null}]"),
        13 => new JsonValue("{\"x\":{\"$oid\":\"5f0000000000000000000001\"},\"e\":{},\"d\":{\"$numberDecimal\":\"1.50\"}}"),
        14 => new Guid(random.Next(), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        _ => random.Next(1000),
    };
}
