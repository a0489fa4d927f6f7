using System.Collections.Immutable;
using System.Text;
using Millrace.Connectors.DuckDb;
using Millrace.Connectors.DuckDb.Native;
using Millrace.Connectors.DuckDb.Writers;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.IntegrationTests.DuckDb;

/// <summary>Values go into DuckDB through data chunks and come back as DuckDB's own text of them, so that a mistake in both
/// directions cannot cancel itself out.</summary>
public sealed class DuckDbTableWriterTests : IDisposable
{
    private readonly DuckDbDatabase _database;
    private readonly DuckDbConnection _connection;

    public DuckDbTableWriterTests()
    {
        _database = DuckDbDatabase.TryOpen(":memory:", [], out string error) ?? throw new InvalidOperationException(error);
        _connection = _database.Connect();
        _connection.Execute("SET TimeZone = 'UTC'", Token);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void Integers_and_floats_at_their_limits()
    {
        RoundTrip(LogicalType.Boolean, [true, false], ["true", "false"]);
        RoundTrip(LogicalType.Int16, [short.MinValue, short.MaxValue], ["-32768", "32767"]);
        RoundTrip(LogicalType.Int32, [int.MinValue, int.MaxValue], ["-2147483648", "2147483647"]);
        RoundTrip(LogicalType.Int64, [long.MinValue, long.MaxValue], ["-9223372036854775808", "9223372036854775807"]);
        RoundTrip(LogicalType.Float32, [float.MaxValue, float.NegativeInfinity], ["3.4028235e+38", "-inf"]);
        RoundTrip(
            LogicalType.Float64,
            [double.Epsilon, double.MaxValue, BitConverter.UInt64BitsToDouble(0x7FF8_0000_0000_0000), -0.0, 0.1],
            ["5e-324", "1.7976931348623157e+308", "nan", "-0.0", "0.1"]);
    }

    [Theory]
    [InlineData(4, 2, "99.99")]
    [InlineData(9, 0, "999999999")]
    [InlineData(18, 18, ".999999999999999999")]
    [InlineData(38, 0, "99999999999999999999999999999999999999")]
    [InlineData(38, 38, ".99999999999999999999999999999999999999")]
    public void Decimals_of_every_storage_width_at_their_limits(int precision, int scale, string greatest)
    {
        Int128 value = DecimalWriter.Powers[precision] - 1;

        RoundTrip(LogicalType.Decimal(precision, scale), [value, -value], [greatest, "-" + greatest]);
        Refused(LogicalType.Decimal(precision, scale), [value + 1, -value - 1, Int128.MinValue, Int128.MaxValue]);
    }

    [Fact]
    public void Decimals_of_another_scale_are_rescaled_exactly_or_refused()
    {
        RoundTrip<Int128>(LogicalType.Decimal(6, 1), [123, -5], ["12.30", "-0.50"], tableType: "DECIMAL(6,2)");
        RoundTrip<Int128>(LogicalType.Decimal(6, 3), [12300, -500], ["12.30", "-0.50"], tableType: "DECIMAL(6,2)");
        Refused<Int128>(LogicalType.Decimal(6, 3), [12301, 1], tableType: "DECIMAL(6,2)");
        Refused<Int128>(LogicalType.Decimal(6, 1), [999_999], tableType: "DECIMAL(6,2)");
    }

    [Fact]
    public void Dates_and_times_at_their_limits()
    {
        RoundTrip(LogicalType.Date, [0, -719528, 2932896, -1000000], ["1970-01-01", "0001-01-01 (BC)", "9999-12-31", "0769-02-04 (BC)"]);
        Refused(LogicalType.Date, [int.MinValue, int.MaxValue, -int.MaxValue]);
        RoundTrip(
            LogicalType.Time(6),
            [0L, TimeSpan.TicksPerDay - 10, TimeSpan.TicksPerDay],
            ["00:00:00", "23:59:59.999999", "24:00:00"]);
        Refused(LogicalType.Time(6), [1L, -10L, TimeSpan.TicksPerDay + 10]);
    }

    [Fact]
    public void Timestamps_keep_every_digit_or_are_refused()
    {
        long tenDigits = TimeSpan.TicksPerSecond + 1;
        RoundTrip(
            LogicalType.TimestampNaive(6),
            [-10L, long.MaxValue / 10 * 10, long.MinValue / 10 * 10],
            ["1969-12-31 23:59:59.999999", "31197-09-14 02:48:05.47758", "27259-04-19 (BC) 21:11:54.52242"]);
        RoundTrip(LogicalType.TimestampUtc(3), [0L, 10_000L], ["1970-01-01 00:00:00+00", "1970-01-01 00:00:00.001+00"]);
        Refused(LogicalType.TimestampUtc(6), [tenDigits, -1L]);
        RoundTrip(LogicalType.TimestampNaive(7), [tenDigits, -1L], ["1970-01-01 00:00:01.0000001", "1969-12-31 23:59:59.9999999"]);
        Refused(LogicalType.TimestampNaive(7), [long.MinValue, long.MaxValue, long.MaxValue / 100 + 1]);
    }

    [Fact]
    public void Uuids_sort_and_print_as_their_text()
    {
        Guid[] values = [Guid.Empty, Guid.AllBitsSet, new("00112233-4455-6677-8899-aabbccddeeff")];
        RoundTrip(LogicalType.Uuid, values, [.. values.Select(v => v.ToString())]);
    }

    [Fact]
    public void Texts_around_the_inline_length_and_with_nul_come_back_whole()
    {
        string[] values = ["", "a", "twelve bytes", "thirteen byte", "nul\0inside", "długi tekst z ąęść 💧 i jeszcze", new string('x', 100_000)];
        using RecordBatch batch = TextBatch(LogicalType.Text, values.Select(Encoding.UTF8.GetBytes));

        Write(batch, "VARCHAR").ShouldBeEmpty();

        Column("SELECT v FROM t ORDER BY rowid").ShouldBe(values);
    }

    [Fact]
    public void Invalid_utf8_is_refused_in_texts_and_kept_in_bytes()
    {
        byte[][] values = [[0xC3, 0x28], [0x00, 0xFF], Encoding.UTF8.GetBytes("fine")];
        using RecordBatch text = TextBatch(LogicalType.Text, values);
        Write(text, "VARCHAR").Select(r => r.Row).ShouldBe([0, 1]);
        Column("SELECT v FROM t").ShouldBe(["fine"]);

        using RecordBatch bytes = TextBatch(LogicalType.Bytes, values);
        Write(bytes, "BLOB").ShouldBeEmpty();
        Column("SELECT hex(v) FROM t ORDER BY rowid").ShouldBe(["C328", "00FF", "66696E65"]);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2047, 3)]
    [InlineData(2048, 5)]
    [InlineData(2049, 2)]
    [InlineData(9000, 7)]
    public void Nulls_and_refused_rows_anywhere_leave_the_others_in_order(int rows, int seed)
    {
        Random random = new(seed);
        Column<long> times = (Column<long>)Core.Batches.Column.Create(LogicalType.TimestampNaive(6));
        List<string?> expected = [];
        for (int i = 0; i < rows; i++)
        {
            switch (random.Next(4))
            {
                case 0:
                    times.AppendNull();
                    expected.Add(null);
                    break;
                case 1:
                    times.Append(i * 10L + 1);
                    break;
                default:
                    times.Append(i * 10L);
                    expected.Add($"{i}");
                    break;
            }
        }

        using RecordBatch batch = new(Schema(LogicalType.TimestampNaive(6)), [times], rows);
        Write(batch, "TIMESTAMP").Count.ShouldBe(rows - expected.Count);

        Column("SELECT epoch_us(v) FROM t ORDER BY rowid").ShouldBe(expected);
    }

    [Fact]
    public void Columns_are_found_by_name_and_the_rest_comes_from_the_load()
    {
        _connection.Execute("CREATE TABLE t (run BIGINT, missing VARCHAR, v BIGINT, change TINYINT, position VARCHAR)", Token);
        Column<long> values = (Column<long>)Core.Batches.Column.Create(LogicalType.Int64);
        VarColumn positions = (VarColumn)Core.Batches.Column.Create(LogicalType.Text);
        for (int i = 0; i < 3; i++)
        {
            values.Append(i);
            positions.Append("test/a position of some length"u8);
        }

        using RecordBatch batch = new(Schema(LogicalType.Int64), [values], 3)
        {
            Changes = new[] { ChangeKind.Insert, ChangeKind.Delete, ChangeKind.Update },
            RowPositions = positions,
        };
        using (DuckDbTableWriter writer = new(
            _connection,
            null,
            new TableId("", "t"),
            [
                new("v"), new("run", DuckDbFiller.Constant(77L)), new("missing"), new("change", DuckDbFiller.Change),
                new("position", DuckDbFiller.Position),
            ]))
        {
            writer.Write(batch).ShouldBeEmpty();
            writer.Write(batch, withDeletes: false).ShouldBeEmpty();
            writer.Flush();
        }

        Column("SELECT concat_ws('|', run, missing, v, change, position) FROM t ORDER BY rowid").ShouldBe(
        [
            "77|0|0|test/a position of some length",
            "77|1|2|test/a position of some length",
            "77|2|1|test/a position of some length",
            "77|0|0|test/a position of some length",
            "77|2|1|test/a position of some length",
        ]);
    }

    private static TableSchema Schema(LogicalType type) => new(new TableId("", "t"), [new ColumnSchema("v", type)], []);

    private static RecordBatch Batch<T>(LogicalType type, IReadOnlyList<T> values)
        where T : unmanaged
    {
        Column<T> column = (Column<T>)Core.Batches.Column.Create(type);
        foreach (T value in values)
            column.Append(value);
        return new RecordBatch(Schema(type), [column], values.Count);
    }

    private static RecordBatch TextBatch(LogicalType type, IEnumerable<byte[]> values)
    {
        VarColumn column = (VarColumn)Core.Batches.Column.Create(type);
        foreach (byte[] value in values)
            column.Append(value);
        return new RecordBatch(Schema(type), [column], column.Count);
    }

    private void RoundTrip<T>(LogicalType type, T[] values, string[] expected, string? tableType = null)
        where T : unmanaged
    {
        using RecordBatch batch = Batch(type, values);
        Write(batch, tableType ?? DuckDbTypes.Sql(type)).ShouldBeEmpty();
        Column("SELECT v::VARCHAR FROM t ORDER BY rowid").ShouldBe(expected);
    }

    private void Refused<T>(LogicalType type, T[] values, string? tableType = null)
        where T : unmanaged
    {
        using RecordBatch batch = Batch(type, values);
        IReadOnlyList<DuckDbRefusedRow> refused = Write(batch, tableType ?? DuckDbTypes.Sql(type));
        refused.Select(r => r.Row).ShouldBe(Enumerable.Range(0, values.Length));
        refused.ShouldAllBe(r => r.Reason.Length > 10 && r.Column == "v");
        Column("SELECT v::VARCHAR FROM t").ShouldBeEmpty();
    }

    private IReadOnlyList<DuckDbRefusedRow> Write(RecordBatch batch, string tableType)
    {
        _connection.Execute($"CREATE OR REPLACE TABLE t (v {tableType})", Token);
        using DuckDbTableWriter writer = new(_connection, null, new TableId("", "t"), [new("v")]);
        ImmutableArray<DuckDbRefusedRow> refused = [.. writer.Write(batch)];
        writer.Flush();
        return refused;
    }

    private List<string?> Column(string sql)
    {
        List<string?> values = [];
        using DuckDbResult result = _connection.Query($"SELECT x::VARCHAR FROM ({sql}) q(x)", Token);
        while (result.Read())
            values.Add(result.GetStringOrNull(0));
        return values;
    }
}
