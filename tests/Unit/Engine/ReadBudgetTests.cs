using Millrace.Core.Contracts;

namespace Millrace.UnitTests.Engine;

public sealed class ReadBudgetTests
{
    [Fact]
    public void OnlyTheFirstUnitMayExceedALimit()
    {
        var budget = new ReadBudget(3, null, null, TimeProvider.System);

        budget.TryTake(5, 1).ShouldBeTrue();
        budget.TryTake(1, 1).ShouldBeFalse();
        budget.Reached.ShouldBe("run_max_rows");
        budget.Rows.ShouldBe(5);
    }

    [Fact]
    public void AfterARefusalNothingIsGranted()
    {
        var budget = new ReadBudget(null, 10, null, TimeProvider.System);

        budget.TryTake(1, 9).ShouldBeTrue();
        budget.TryTake(1, 2).ShouldBeFalse();
        budget.TryTake(1, 1).ShouldBeFalse();
        budget.Bytes.ShouldBe(9);
    }

    [Fact]
    public void ARunThatWaitsForAQuietSourceIsSpentWhenItsTimeIsOver()
    {
        var clock = new Clock();
        var budget = new ReadBudget(null, null, TimeSpan.FromMinutes(10), clock);

        clock.Now = TimeSpan.FromMinutes(9);
        budget.IsSpent().ShouldBeFalse();
        clock.Now = TimeSpan.FromMinutes(10);
        budget.IsSpent().ShouldBeTrue();
        budget.Reached.ShouldBe("run_max_duration");
        budget.TryTake(1, 1).ShouldBeFalse();
    }

    [Theory]
    [InlineData(10L, null, "run_max_rows")]
    [InlineData(null, 1000L, "run_max_bytes")]
    public void ASourceThatNeverAsksIsStoppedAtTheBatchThatReachesALimit(long? rows, long? bytes, string limit)
    {
        var budget = new ReadBudget(rows, bytes, null, TimeProvider.System);

        budget.Observe(6, 600);
        budget.Reached.ShouldBeNull();
        budget.IsStoppedFromOutside.ShouldBeFalse();
        budget.Observe(4, 400);
        budget.Reached.ShouldBe(limit);
        budget.IsStoppedFromOutside.ShouldBeTrue();
    }

    [Fact]
    public void ASourceThatNeverAsksIsStoppedWhenItsTimeIsOver()
    {
        var clock = new Clock();
        var budget = new ReadBudget(null, null, TimeSpan.FromMinutes(10), clock);

        clock.Now = TimeSpan.FromMinutes(9);
        budget.Observe(1, 1);
        budget.Reached.ShouldBeNull();
        clock.Now = TimeSpan.FromMinutes(10);
        budget.Observe(1, 1);
        budget.Reached.ShouldBe("run_max_duration");
        budget.IsStoppedFromOutside.ShouldBeTrue();
    }

    [Fact]
    public void ASourceThatAsksIsNotStoppedByWhatItWasGranted()
    {
        var budget = new ReadBudget(10, null, null, TimeProvider.System);

        budget.TryTake(10, 10).ShouldBeTrue();
        budget.Observe(10, 10);
        budget.Reached.ShouldBeNull();
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
