using System.Text;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;
using Shouldly;
using Xunit;

namespace Millrace.Testing.Conformance;

/// <content>Keys of several types of number.</content>
public abstract partial class DestinationConformance
{
    /// <summary>
    /// An integer key that meets other numbers: its column grows wider as the table goes over to the canonical key, in which 1 is 1 whatever the
    /// column's type is by then.
    /// </summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_number_keeps_its_key_when_its_column_grows_wider(bool isDecimal, bool inLoad)
    {
        LogicalType wider = isDecimal ? LogicalType.Decimal(38, 4) : LogicalType.Float64;
        TableSchema plain = new(new("Sh.op", "numbers"), [new("_id", LogicalType.Int64, Source: "_id", SourceType: "int"), new("b", LogicalType.Text, Source: "b")], ["_id"]);
        TableSchema canonical = plain with { Columns = [plain.Columns[0] with { Type = wider }, plain.Columns[1], new(SystemColumns.Key, LogicalType.Text)], Key = [SystemColumns.Key] };
        TableWrite before = Write(plain, mode: DeleteMode.Hard);
        TableWrite after = Write(canonical, mode: DeleteMode.Hard) with { RekeyFrom = "_id" };
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(before, "log/1", [Numbers(plain, (1, "old", 1), (2, "old", 2), (30, "old", 3))], cancellationToken: Token);
        await runner.RunAsync(before, "log/2", [Numbers(plain, (30, null, 4))], cancellationToken: Token);
        await using (IWriteSession session = await destination.BeginAsync(runner.Request(inLoad ? before : after), runner.Load, Token))
        {
            if (inLoad)
            {
                using RecordBatch first = Numbers(plain, (4, "staged", 5), (1, "staged", 6));
                await session.WriteAsync(first, Token);
                await session.EvolveAsync(after, Token);
            }
            else
            {
                await destination.PrepareAsync(runner.Request(after), Token);
            }

            using RecordBatch batch = Numbers(canonical, (0.5, "new", 7), (1, "new", 8), (2, null, 9), (30, "late", 3));
            await session.WriteAsync(batch, Token);
            await session.CommitAsync(runner.To("log/3"), Token);
        }

        IReadOnlyList<string?[]> rows = await QueryAsync($"SELECT \"b\", \"{SystemColumns.Key}\" FROM {Quote(plain.Table)} ORDER BY 2");
        string[] staged = inLoad ? ["staged|n:4"] : [];
        rows.Select(r => string.Join('|', r)).ShouldBe(["new|n:0.5", "new|n:1", .. staged]);
    }

    // A change without a text is a delete.
    private static RecordBatch Numbers(TableSchema schema, params (double Id, string? B, int Place)[] changes)
    {
        Column id = Column.Create(schema.Columns[0].Type);
        var b = (VarColumn)Column.Create(LogicalType.Text);
        var key = (VarColumn)Column.Create(LogicalType.Text);
        var positions = (VarColumn)Column.Create(LogicalType.Text);
        foreach ((double number, string? text, int place) in changes)
        {
            switch (id)
            {
                case Column<long> integers:
                    integers.Append((long)number);
                    break;
                case Column<double> floats:
                    floats.Append(number);
                    break;
                case Column<Int128> decimals:
                    decimals.Append((Int128)(number * 10_000));
                    break;
                default:
                    throw new NotSupportedException(id.Type.ToString());
            }

            if (text is null)
            {
                b.AppendNull();
            }
            else
            {
                b.Append(Encoding.UTF8.GetBytes(text));
            }

            key.Append(Encoding.UTF8.GetBytes(FormattableString.Invariant($"n:{number}")));
            positions.Append(Encoding.UTF8.GetBytes(new ModelEvent(place, "", ChangeKind.Insert, null, null).Position));
        }

        Column[] columns = schema.Columns.Length == 3 ? [id, b, key] : [id, b];
        return new(schema, [.. columns], changes.Length)
        {
            Changes = changes.Select(c => c.B is null ? ChangeKind.Delete : ChangeKind.Update).ToArray(),
            RowPositions = positions,
        };
    }
}
