using FsCheck;
using FsCheck.Fluent;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.Merging;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;
using Shouldly;
using Xunit;

namespace Millrace.UnitTests.Engine;

/// <summary>Finding the rows of a load whose key came before.</summary>
public sealed class RepeatedKeysTests
{
    [Fact]
    public void Every_repeat_is_marked_whatever_the_batches()
    {
        Arbitrary<(int[] Keys, int BatchRows)> loads = (
            from keys in Gen.Choose(-20, 20).ArrayOf()
            from rows in Gen.Choose(1, 7)
            select (keys, rows)).ToArbitrary();
        Prop.ForAll(loads, load =>
        {
            var table = new TableSchema(
                new("", "t"), [new("a", LogicalType.Int64, true, null, null), new("b", LogicalType.Text, true, null, null)], ["a", "b"]);
            var rows = new BulkRows();
            using var repeats = new RepeatedKeys();
            var seen = new HashSet<int>();
            foreach (int[] chunk in load.Keys.Chunk(load.BatchRows))
            {
                using RecordBatch batch = Batch(table, chunk);
                rows.Reset(batch, [0, 1], 0);
                Array.Clear(rows.Codes);
                bool[] expected = [.. chunk.Select(k => !seen.Add(k))];
                repeats.Mark(rows, [0, 1]).ShouldBe(expected.Count(e => e));
                rows.Repeats.AsSpan(0, chunk.Length).ToArray().ShouldBe(expected);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Rows_that_are_not_staged_are_no_first_ones()
    {
        var table = new TableSchema(new("", "t"), [new("a", LogicalType.Int64, true, null, null), new("b", LogicalType.Text, true, null, null)], ["a", "b"]);
        using RecordBatch batch = Batch(table, [5, 5]);
        var rows = new BulkRows();
        rows.Reset(batch, [0, 1], 0);
        rows.Codes[0] = StageCode.Skip;
        rows.Codes[1] = StageCode.Insert;
        using var repeats = new RepeatedKeys();
        repeats.Mark(rows, [0, 1]).ShouldBe(0);
        rows.Repeats[0].ShouldBeFalse();
    }

    [Fact]
    public void What_is_remembered_is_bounded()
    {
        var table = new TableSchema(new("", "t"), [new("a", LogicalType.Int64, true, null, null)], ["a"]);
        var numbers = (Column<long>)Column.Create(LogicalType.Int64);
        for (int key = 0; key <= RepeatedKeys.MaxKeys; key++)
        {
            numbers.Append(key);
        }

        using var batch = new RecordBatch(table, [numbers], numbers.Count);
        var rows = new BulkRows();
        rows.Reset(batch, [0], 0);
        using var repeats = new RepeatedKeys();
        repeats.IsFull.ShouldBeFalse();
        repeats.Mark(rows, [0]).ShouldBe(0);
        repeats.IsFull.ShouldBeTrue();
    }

    [Fact]
    public void Types_whose_equal_values_may_differ_in_bytes_are_left_alone()
    {
        RepeatedKeys.CanTell([LogicalType.Text, LogicalType.Int64]).ShouldBeTrue();
        RepeatedKeys.CanTell([LogicalType.Float64]).ShouldBeFalse();
        RepeatedKeys.CanTell([LogicalType.Text, LogicalType.Decimal(10, 2)]).ShouldBeFalse();
    }

    // Half of each key in either column, one as an integer and one as text.
    private static RecordBatch Batch(TableSchema table, int[] keys)
    {
        var numbers = (Column<long>)Column.Create(LogicalType.Int64);
        var texts = (VarColumn)Column.Create(LogicalType.Text);
        foreach (int key in keys)
        {
            numbers.Append(key / 4);
            texts.Append(System.Text.Encoding.UTF8.GetBytes(key.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }

        return new RecordBatch(table, [numbers, texts], keys.Length);
    }
}
