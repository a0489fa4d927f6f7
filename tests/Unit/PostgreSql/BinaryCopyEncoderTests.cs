using System.Collections.Immutable;
using Millrace.Connectors.PostgreSql.Copy;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.PostgreSql;

public sealed class BinaryCopyEncoderTests
{
    private const int Rows = 2000;

    [Fact]
    public void No_row_leaves_garbage()
    {
        (TableSchema schema, ImmutableArray<Column> columns) = EveryType();
        using var batch = new RecordBatch(schema, columns, Rows);
        ImmutableArray<BulkColumn> stream =
        [
            new("seq", LogicalType.Int64, BulkValue.Sequence),
            new("op", LogicalType.Int16, BulkValue.Change),
            new("position", LogicalType.Text, BulkValue.Position),
            new("run", LogicalType.Int64, BulkValue.Constant, Constant: 5),
            .. schema.Columns.Select((c, i) => new BulkColumn(c.Name, c.Type, BulkValue.Data, i)),
        ];
        using var encoder = new BinaryCopyEncoder(stream);
        var rows = new BulkRows();
        rows.Reset(batch, [.. Enumerable.Range(0, columns.Length)], 0);
        encoder.Bind(rows);
        Encode(encoder, rows);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Encode(encoder, rows);
        long perRow = (GC.GetAllocatedBytesForCurrentThread() - before) / Rows;

        perRow.ShouldBe(0);
        rows.Refused.ShouldBeEmpty();
    }

    [Fact]
    public void A_refused_row_leaves_no_byte_behind()
    {
        var text = (VarColumn)Column.Create(LogicalType.Text);
        var number = (Column<long>)Column.Create(LogicalType.Int64);
        foreach (string value in new[] { "a", "b\0", "c" })
        {
            number.Append(7);
            text.Append(System.Text.Encoding.UTF8.GetBytes(value));
        }

        var schema = new TableSchema(new("", "t"), [new("n", LogicalType.Int64), new("t", LogicalType.Text)], []);
        using var batch = new RecordBatch(schema, [number, text], 3);
        using var encoder = new BinaryCopyEncoder([new("n", LogicalType.Int64, BulkValue.Data, 0), new("t", LogicalType.Text, BulkValue.Data, 1)]);
        var rows = new BulkRows();
        rows.Reset(batch, [0, 1], 0);
        encoder.Bind(rows);
        encoder.Encode(rows, 0);

        byte[] Row(char letter) => [0, 2, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, (byte)letter];
        encoder.Buffer.Written.ToArray().ShouldBe([.. Row('a'), .. Row('c')]);
        rows.Refused.Single().ShouldBe(new(1, 1, "PostgreSQL's text cannot hold the NUL character."));
    }

    [Theory]
    [InlineData("""{"a":"x"}""", true)]
    [InlineData("""{"a":"\n\t\\ \/ \u0041"}""", true)]
    [InlineData("""["\u0000"]""", false)]
    [InlineData("""["\\u0000"]""", true)]
    [InlineData("""["\\\u0000"]""", false)]
    [InlineData("""["\ud83c\udf89"]""", true)]
    [InlineData("""["\ud83c"]""", false)]
    [InlineData("""["\udf89"]""", false)]
    [InlineData("""["\ud83cx\udf89"]""", false)]
    [InlineData("""["\ud83c\ud83c\udf89"]""", false)]
    [InlineData("""["\ud83c\n"]""", false)]
    public void Jsonb_takes_what_PostgreSQL_takes(string json, bool isTaken) =>
        (JsonbRules.Refuse(System.Text.Encoding.UTF8.GetBytes(json)) is null).ShouldBe(isTaken);

    private static void Encode(BinaryCopyEncoder encoder, BulkRows rows)
    {
        for (int row = 0; row < Rows;)
        {
            row = encoder.Encode(rows, row);
            encoder.Buffer.Length = 0;
        }
    }

    private static (TableSchema Schema, ImmutableArray<Column> Columns) EveryType()
    {
        LogicalType[] types =
        [
            LogicalType.Boolean, LogicalType.Int16, LogicalType.Int32, LogicalType.Int64, LogicalType.Float32, LogicalType.Float64,
            LogicalType.Decimal(18, 2), LogicalType.Decimal(38, 20), LogicalType.Text, LogicalType.Json, LogicalType.Bytes, LogicalType.Uuid,
            LogicalType.Date, LogicalType.Time(6), LogicalType.TimestampUtc(),
        ];
        ImmutableArray<Column> columns = [.. types.Select(Column.Create)];
        for (int row = 0; row < Rows; row++)
        {
            foreach (Column column in columns)
            {
                Append(column, row);
            }
        }

        return (new(new("", "t"), [.. types.Select((t, i) => new ColumnSchema("c" + i, t))], []), columns);
    }

    private static void Append(Column column, int row)
    {
        switch (column)
        {
            case Column<bool> values: values.Append(row % 2 == 0); break;
            case Column<short> values: values.Append((short)row); break;
            case Column<int> values: values.Append(row); break;
            case Column<long> values: values.Append(row * 10L); break;
            case Column<float> values: values.Append(row); break;
            case Column<double> values: values.Append(row); break;
            case Column<Int128> values: values.Append((Int128)row << 70); break;
            case Column<Guid> values: values.Append(Guid.Empty); break;
            case VarColumn values: values.Append("\"text\""u8); break;
        }
    }
}
