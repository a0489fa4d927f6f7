using FsCheck;
using FsCheck.Fluent;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Merging;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;
using Shouldly;
using Xunit;

namespace Millrace.UnitTests.Engine;

/// <summary>The positions of a load's rows, by which it is known to be in order.</summary>
public sealed class PositionRangeTests
{
    [Fact]
    public void First_and_last_are_those_of_all_rows() => Prop.ForAll(
        Gen.Choose(0, 300).NonEmptyListOf().ToArbitrary(),
        numbers =>
        {
            string[] positions = [.. numbers.Select(n => $"p/{n:x}")];
            var range = new PositionRange();
            foreach (string[] chunk in positions.Chunk(3))
            {
                using RecordBatch batch = Batch(chunk);
                range.Add(batch);
            }

            range.Last.ShouldBe(positions.Max(StringComparer.Ordinal));
            foreach (string other in positions.Append("p/").Append("q"))
            {
                range.IsAfter(other).ShouldBe(positions.All(p => string.CompareOrdinal(p, other) > 0));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_row_without_a_position_leaves_it_open()
    {
        var range = new PositionRange();
        using RecordBatch placed = Batch(["p/2"]);
        using RecordBatch unplaced = Batch([null]);
        range.Add(placed);
        range.IsAfter("p/1").ShouldBeTrue();
        range.Add(unplaced);
        range.IsAfter("p/1").ShouldBeFalse();
        range.Last.ShouldBeNull();
    }

    private static RecordBatch Batch(string?[] positions)
    {
        var column = (VarColumn)Column.Create(LogicalType.Text);
        foreach (string? position in positions)
        {
            if (position is null)
            {
                column.AppendNull();
            }
            else
            {
                column.Append(System.Text.Encoding.UTF8.GetBytes(position));
            }
        }

        return new RecordBatch(new TableSchema(new("", "t"), [], []), [], positions.Length) { RowPositions = column };
    }
}
