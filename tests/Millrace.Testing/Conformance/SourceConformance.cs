using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Shouldly;
using Xunit;

namespace Millrace.Testing.Conformance;

/// <summary>
/// What every source must do about positions and budgets, checked through its contract. A source derives from it and says how it is opened
/// and how large its largest indivisible unit is; a divergence is an override with its reason. One instance, and one unchanging source, a test.
/// </summary>
public abstract class SourceConformance
{
    /// <summary>The test's token.</summary>
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Rows and payload bytes of the source's largest indivisible unit, more than one row of it.</summary>
    protected abstract (int Rows, long Bytes) LargestUnit { get; }

    /// <summary>A source over the same data each call, for a task with state of this name. It holds at least 20 rows.</summary>
    protected abstract ISource Open(string state);

    /// <summary>The last batch of a partition carries the position that the plan ends it at, and after it nothing is planned.</summary>
    [Fact]
    public async Task A_read_ends_where_its_plan_does()
    {
        var run = new SourceRun(Open, "whole");
        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);

        run.Rows.Count.ShouldBeGreaterThanOrEqualTo(20);
        run.Ends.ShouldAllBe(e => e.Until == null || e.Until == e.Last);
        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);
        run.RowsOfRun.ShouldBe(0);
    }

    /// <summary>From any position that was handed out reading goes on without a gap or a repetition, whatever the size of batches.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8192)]
    public async Task Reading_goes_on_from_every_position(int batchRows)
    {
        var whole = new SourceRun(Open, "whole");
        await whole.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);
        var parts = new SourceRun(Open, "parts") { MaxBatchRows = batchRows };
        for (int runs = 0; await parts.ReadAsync(ReadBudget.Unlimited, stopAtPosition: true, Token); runs++)
        {
            runs.ShouldBeLessThan(whole.Rows.Count + 20);
        }

        parts.Rows.ShouldBe(whole.Rows);
    }

    /// <summary>
    /// Runs of any budget read together what one run reads, and none reads more than its budget or, where that is less, one indivisible unit.
    /// </summary>
    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(7, null)]
    [InlineData(null, 1)]
    [InlineData(null, 200)]
    [InlineData(5, 300)]
    public async Task Bounded_runs_read_what_one_run_reads(int? maxRows, int? maxBytes)
    {
        var whole = new SourceRun(Open, "whole");
        await whole.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);
        var bounded = new SourceRun(Open, "bounded");
        int runs = 0;
        ReadBudget budget;
        do
        {
            budget = new ReadBudget(maxRows, maxBytes, null, TimeProvider.System);
            await bounded.ReadAsync(budget, cancellationToken: Token);
            long rows = Math.Max(maxRows ?? long.MaxValue, LargestUnit.Rows);
            long bytes = Math.Max(maxBytes ?? long.MaxValue, LargestUnit.Bytes);
            ((long)bounded.RowsOfRun).ShouldBeLessThanOrEqualTo(rows);
            bounded.BytesOfRun.ShouldBeLessThanOrEqualTo(bytes);
            (++runs).ShouldBeLessThan(whole.Rows.Count + 20);
        }
        while (budget.Reached is not null);

        runs.ShouldBeGreaterThan(1);
        bounded.Rows.ShouldBe(whole.Rows);
    }

    /// <summary>A budget that is smaller than an indivisible unit still lets that one unit in, and then the run says so.</summary>
    [Fact]
    public async Task Only_one_indivisible_unit_exceeds_a_budget()
    {
        var run = new SourceRun(Open, "unit");
        int largest = 0;
        for (int runs = 0; runs < 1000; runs++)
        {
            var budget = new ReadBudget(1, null, null, TimeProvider.System);
            await run.ReadAsync(budget, cancellationToken: Token);
            largest = Math.Max(largest, run.RowsOfRun);
            if (budget.Reached is null)
            {
                break;
            }

            budget.Reached.ShouldBe("run_max_rows");
        }

        largest.ShouldBe(LargestUnit.Rows);
    }
}
