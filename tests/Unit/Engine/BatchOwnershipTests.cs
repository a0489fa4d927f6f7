using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;
using Millrace.Testing.Fakes;
using Millrace.UnitTests.Shaping;

namespace Millrace.UnitTests.Engine;

/// <summary>Alone, because the count of rented memory is the process's.</summary>
[CollectionDefinition(nameof(BatchOwnershipTests), DisableParallelization = true)]
public sealed class BatchOwnershipAlone;

/// <summary>Whatever ends a run, every column's memory is given back.</summary>
[Collection(nameof(BatchOwnershipTests))]
public sealed class BatchOwnershipTests
{
    [Fact]
    public async Task ARunThatIsCancelledAnywhereLeaksNothing()
    {
        int cancelled = 0;
        long before = ColumnPool.Outstanding;
        for (int seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var scripts = TaskEngineTests.Scripts(random, 150);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            int steps = random.Next(1, 80);
            var store = new MemoryStore { At = _ => CancelAt(ref steps, stop) };
            try
            {
                await TaskEngineTests.Engine(scripts, store, random: random).RunAsync(stop.Token);
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }

            ColumnPool.Outstanding.ShouldBe(before, $"seed {seed}");
        }

        cancelled.ShouldBeGreaterThan(50);
    }

    [Fact]
    public async Task ARunThatFailsAnywhereLeaksNothing()
    {
        int failed = 0;
        long before = ColumnPool.Outstanding;
        for (int seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var scripts = TaskEngineTests.Scripts(random, 150);
            int steps = random.Next(1, 80);
            int changes = random.Next(1, 400);
            var store = new MemoryStore { At = _ => FailAt(ref steps) };
            try
            {
                await TaskEngineTests.Engine(scripts, store, random: random, prepare: s => s.At = (_, _) => FailAt(ref changes)).RunAsync(
                    TestContext.Current.CancellationToken);
            }
            catch (MillraceException e) when (e.Code == ErrorCodes.Internal)
            {
                failed++;
            }

            ColumnPool.Outstanding.ShouldBe(before, $"seed {seed}");
        }

        failed.ShouldBeGreaterThan(100);
    }

    [Theory]
    [InlineData(NestedMode.Json)]
    [InlineData(NestedMode.Flatten)]
    [InlineData(NestedMode.ChildTables)]
    public async Task AShaperThatRefusesABatchLeaksNothing(NestedMode nested)
    {
        TaskDefinition task = ShapingKit.Task() with
        {
            Contract = new(ContractMode.Evolve, ContractMode.Evolve, ContractMode.Freeze),
            Nested = new(nested, 2, "__"),
        };
        task = task with { Columns = [new() { From = "n", To = "n2" }, new() { From = "n", To = "n3", Cast = LogicalType.Text }] };
        long before = ColumnPool.Outstanding;
        var tables = new MemoryTables();
        var shaper = await ShapingKit.ShaperAsync(task, tables);
        TestRow[] first = [Row(1, 1L, """[{"q":1}]"""), Row(2, 2L, """[{"q":2}]""")];
        tables.Apply(await shaper.ShapeAsync(BatchMaker.Make(first, "_id")));
        TestRow[] second = [Row(3, 3L, """[{"q":3}]"""), Row(4, "text", """[{"q":"text"}]""")];

        await Should.ThrowAsync<MillraceException>(async () => await shaper.ShapeAsync(BatchMaker.Make(second, "_id")));

        ColumnPool.Outstanding.ShouldBe(before);
    }

    [Fact]
    public async Task AChildTableThatRefusesABatchLeaksNothing()
    {
        TaskDefinition task = ShapingKit.Task() with
        {
            Contract = new(ContractMode.Evolve, ContractMode.Evolve, ContractMode.Freeze),
            Nested = new(NestedMode.ChildTables, 2, "__"),
        };
        long before = ColumnPool.Outstanding;
        var tables = new MemoryTables();
        var shaper = await ShapingKit.ShaperAsync(task, tables);
        tables.Apply(await shaper.ShapeAsync(BatchMaker.Make([Row(1, 1L, """[{"q":1}]""")], "_id")));

        await Should.ThrowAsync<MillraceException>(
            async () => await shaper.ShapeAsync(BatchMaker.Make([Row(2, 2L, """[{"q":"text"}]""")], "_id")));

        ColumnPool.Outstanding.ShouldBe(before);
    }

    private static TestRow Row(long id, object n, string array) => TestRow.Insert(("_id", id), ("n", n), ("items", new JsonValue(array)));

    private static void CancelAt(ref int steps, CancellationTokenSource stop)
    {
        if (Interlocked.Decrement(ref steps) == 0)
        {
            stop.Cancel();
        }
    }

    private static void FailAt(ref int steps)
    {
        if (Interlocked.Decrement(ref steps) == 0)
        {
            throw new MillraceException(ErrorCodes.Internal, "fails here");
        }
    }
}
