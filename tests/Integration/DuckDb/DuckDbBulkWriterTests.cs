using System.Collections.Immutable;
using System.Text;
using Millrace.Connectors.DuckDb;
using Millrace.Connectors.DuckDb.Writers;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Core.Batches;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.IntegrationTests.DuckDb;

/// <summary>Values go into DuckDB through data chunks and come back as DuckDB's own text of them, so that a mistake in both
/// directions cannot cancel itself out.</summary>
public sealed class DuckDbBulkWriterTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-duckdb-");
    private DuckDbFile _file = null!;
    private DuckDbChannel _channel = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        DuckDbOptions options = new() { Path = Path.Combine(_folder.FullName, "t.duckdb") };
        _file = await DuckDbFile.OpenAsync(options, TimeProvider.System, Token);
        _channel = new DuckDbChannel(_file);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _file.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Integers_and_floats_at_their_limits()
    {
        await RoundTripAsync(LogicalType.Boolean, [true, false], ["true", "false"]);
        await RoundTripAsync(LogicalType.Int16, [short.MinValue, short.MaxValue], ["-32768", "32767"]);
        await RoundTripAsync(LogicalType.Int32, [int.MinValue, int.MaxValue], ["-2147483648", "2147483647"]);
        await RoundTripAsync(LogicalType.Int64, [long.MinValue, long.MaxValue], ["-9223372036854775808", "9223372036854775807"]);
        await RoundTripAsync(LogicalType.Float32, [float.MaxValue, float.NegativeInfinity], ["3.4028235e+38", "-inf"]);
        await RoundTripAsync(
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
    public async Task Decimals_of_every_storage_width_at_their_limits(int precision, int scale, string greatest)
    {
        Int128 value = DecimalWriter.Powers[precision] - 1;

        await RoundTripAsync(LogicalType.Decimal(precision, scale), [value, -value], [greatest, "-" + greatest]);
        await RefusedAsync(LogicalType.Decimal(precision, scale), [value + 1, -value - 1, Int128.MinValue, Int128.MaxValue]);
    }

    [Fact]
    public async Task Decimals_of_another_scale_are_rescaled_exactly_or_refused()
    {
        await RoundTripAsync<Int128>(LogicalType.Decimal(6, 1), [123, -5], ["12.30", "-0.50"], tableType: "DECIMAL(6,2)");
        await RoundTripAsync<Int128>(LogicalType.Decimal(6, 3), [12300, -500], ["12.30", "-0.50"], tableType: "DECIMAL(6,2)");
        await RefusedAsync<Int128>(LogicalType.Decimal(6, 3), [12301, 1], tableType: "DECIMAL(6,2)");
        await RefusedAsync<Int128>(LogicalType.Decimal(6, 1), [999_999], tableType: "DECIMAL(6,2)");
    }

    [Fact]
    public async Task Dates_and_times_at_their_limits()
    {
        await RoundTripAsync(LogicalType.Date, [0, -719528, 2932896, -1000000], ["1970-01-01", "0001-01-01 (BC)", "9999-12-31", "0769-02-04 (BC)"]);
        await RefusedAsync(LogicalType.Date, [int.MinValue, int.MaxValue, -int.MaxValue]);
        await RoundTripAsync(
            LogicalType.Time(6),
            [0L, TimeSpan.TicksPerDay - 10, TimeSpan.TicksPerDay],
            ["00:00:00", "23:59:59.999999", "24:00:00"]);
        await RefusedAsync(LogicalType.Time(6), [1L, -10L, TimeSpan.TicksPerDay + 10]);
    }

    [Fact]
    public async Task Timestamps_keep_every_digit_or_are_refused()
    {
        long tenDigits = TimeSpan.TicksPerSecond + 1;
        await RoundTripAsync(
            LogicalType.TimestampNaive(6),
            [-10L, long.MaxValue / 10 * 10, long.MinValue / 10 * 10],
            ["1969-12-31 23:59:59.999999", "31197-09-14 02:48:05.47758", "27259-04-19 (BC) 21:11:54.52242"]);
        await RoundTripAsync(LogicalType.TimestampUtc(3), [0L, 10_000L], ["1970-01-01 00:00:00+00", "1970-01-01 00:00:00.001+00"]);
        await RefusedAsync(LogicalType.TimestampUtc(6), [tenDigits, -1L]);
        await RoundTripAsync(LogicalType.TimestampNaive(7), [tenDigits, -1L], ["1970-01-01 00:00:01.0000001", "1969-12-31 23:59:59.9999999"]);
        await RefusedAsync(LogicalType.TimestampNaive(7), [long.MinValue, long.MaxValue, long.MaxValue / 100 + 1]);
    }

    [Fact]
    public async Task Uuids_sort_and_print_as_their_text()
    {
        Guid[] values = [Guid.Empty, Guid.AllBitsSet, new("00112233-4455-6677-8899-aabbccddeeff")];
        await RoundTripAsync(LogicalType.Uuid, values, [.. values.Select(v => v.ToString())]);
    }

    [Fact]
    public async Task Texts_around_the_inline_length_and_with_nul_come_back_whole()
    {
        string[] values = ["", "a", "twelve bytes", "thirteen byte", "nul\0inside", "długi tekst z ąęść 💧 i jeszcze", new string('x', 100_000)];
        using RecordBatch batch = TextBatch(LogicalType.Text, values.Select(Encoding.UTF8.GetBytes));

        (await WriteAsync(batch, "VARCHAR")).ShouldBeEmpty();

        (await ColumnAsync("SELECT v FROM t ORDER BY rowid")).ShouldBe(values);
    }

    [Fact]
    public async Task Invalid_utf8_is_refused_in_texts_and_kept_in_bytes()
    {
        byte[][] values = [[0xC3, 0x28], [0x00, 0xFF], Encoding.UTF8.GetBytes("fine")];
        using RecordBatch text = TextBatch(LogicalType.Text, values);
        (await WriteAsync(text, "VARCHAR")).Select(r => r.Row).ShouldBe([0, 1]);
        (await ColumnAsync("SELECT v FROM t")).ShouldBe(["fine"]);

        using RecordBatch bytes = TextBatch(LogicalType.Bytes, values);
        (await WriteAsync(bytes, "BLOB")).ShouldBeEmpty();
        (await ColumnAsync("SELECT hex(v) FROM t ORDER BY rowid")).ShouldBe(["C328", "00FF", "66696E65"]);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2047, 3)]
    [InlineData(2048, 5)]
    [InlineData(2049, 2)]
    [InlineData(9000, 7)]
    public async Task Nulls_and_refused_rows_anywhere_leave_the_others_in_order(int rows, int seed)
    {
        Random random = new(seed);
        Column<long> times = (Column<long>)Column.Create(LogicalType.TimestampNaive(6));
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
        (await WriteAsync(batch, "TIMESTAMP")).Count.ShouldBe(rows - expected.Count);

        (await ColumnAsync("SELECT epoch_us(v) FROM t ORDER BY rowid")).ShouldBe(expected);
    }

    [Fact]
    public async Task System_columns_come_from_the_load_and_skipped_rows_stay_out()
    {
        await _channel.ExecuteAsync(
            """
            CREATE TEMP TABLE "st""age" (
              run BIGINT, gen INTEGER, loaded TIMESTAMPTZ, missing VARCHAR, v BIGINT, u BOOLEAN, m BOOLEAN, op SMALLINT, seq BIGINT,
              position VARCHAR, time TIMESTAMPTZ, deleted TIMESTAMPTZ)
            """,
            Token);
        ImmutableArray<BulkColumn> columns =
        [
            new("v", LogicalType.Int64, BulkValue.Data, 0), new("missing", LogicalType.Text, BulkValue.Data, 1),
            new("u", LogicalType.Boolean, BulkValue.Unset, 0), new("m", LogicalType.Boolean, BulkValue.Unset, 1),
            new("run", LogicalType.Int64, BulkValue.Constant, Constant: 77), new("gen", LogicalType.Int32, BulkValue.Constant, Constant: 3),
            new("loaded", LogicalType.TimestampUtc(), BulkValue.Constant, Constant: TimeSpan.TicksPerSecond),
            new("op", LogicalType.Int16, BulkValue.Change), new("seq", LogicalType.Int64, BulkValue.Sequence),
            new("position", LogicalType.Text, BulkValue.Position), new("time", LogicalType.TimestampUtc(), BulkValue.Time),
            new("deleted", LogicalType.TimestampUtc(), BulkValue.DeletedAt, Constant: 9 * TimeSpan.TicksPerSecond),
        ];
        using RecordBatch batch = ChangesBatch();
        BulkRows rows = Rows(batch, [0, -1], firstSequence: 100);
        new byte[] { StageCode.Insert, StageCode.Skip, StageCode.Partial, StageCode.Delete, StageCode.Delete }.CopyTo(rows.Codes, 0);

        await using (BulkWriter writer = await _channel.OpenWriterAsync("\"st\"\"age\"", columns, Token))
        {
            await writer.WriteAsync(rows, Token);
            await writer.CompleteAsync(Token);
        }

        (await ColumnAsync(
            """
            SELECT concat_ws('|', v, ifnull(missing, '-'), ifnull(u::VARCHAR, '-'), ifnull(m::VARCHAR, '-'), run, gen, epoch(loaded), op, seq,
              position, ifnull(epoch(time)::VARCHAR, '-'), ifnull(epoch(deleted)::VARCHAR, '-'))
            FROM "st""age" ORDER BY seq
            """)).ShouldBe(
        [
            "0|-|-|-|77|3|1.0|0|100|test/position 0|0.0|-",
            "-|true|true|77|3|1.0|3|102|test/position 2|2.0|-",
            "3|-|-|-|77|3|1.0|2|103|test/position 3|3.0|3.0",
            "4|-|-|-|77|3|1.0|2|104|test/position 4|-|9.0",
        ]);
    }

    [Fact]
    public async Task A_stream_that_is_not_completed_leaves_nothing()
    {
        using RecordBatch batch = Batch<long>(LogicalType.Int64, [1, 2, 3]);
        await _channel.ExecuteAsync("CREATE TABLE t (v BIGINT)", Token);
        await using (BulkWriter writer = await _channel.OpenWriterAsync("\"main\".\"t\"", [new("v", LogicalType.Int64, BulkValue.Data, 0)], Token))
            await writer.WriteAsync(Rows(batch, [0]), Token);

        (await ColumnAsync("SELECT v FROM t")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rows_of_a_rolled_back_transaction_are_gone_and_the_writer_lock_is_free()
    {
        using RecordBatch batch = Batch<long>(LogicalType.Int64, [.. Enumerable.Range(0, 500_000).Select(i => (long)i)]);
        await _channel.ExecuteAsync("CREATE TABLE t (v BIGINT)", Token);
        await _channel.BeginAsync(Token);
        await _channel.LockAsync("t", Token);
        await _channel.LockAsync("another", Token);
        await using (BulkWriter writer = await _channel.OpenWriterAsync("\"main\".\"t\"", [new("v", LogicalType.Int64, BulkValue.Data, 0)], Token))
        {
            await writer.WriteAsync(Rows(batch, [0]), Token);
            await writer.CompleteAsync(Token);
        }

        (await ColumnAsync("SELECT count(*) FROM t")).ShouldBe(["500000"]);
        await _channel.RollbackAsync();

        (await ColumnAsync("SELECT count(*) FROM t")).ShouldBe(["0"]);
        _file.Writer.CurrentCount.ShouldBe(1);
    }

    [Fact]
    public async Task After_an_error_the_transaction_rolls_back_and_the_channel_goes_on()
    {
        await _channel.BeginAsync(Token);
        await _channel.ExecuteAsync("CREATE TABLE t (v BIGINT)", Token);
        await Should.ThrowAsync<MillraceException>(() => _channel.ExecuteAsync("INSERT INTO t VALUES ('x')", Token).AsTask());
        await _channel.RollbackAsync();

        _channel.InTransaction.ShouldBeFalse();
        (await _channel.QueryAsync("SELECT 1, 'x', NULL, 1.5, TRUE, TIMESTAMPTZ '1970-01-02 00:00:00+00', sum(1)", Token))
            .ShouldHaveSingleItem()
            .Values.ShouldBe([1L, "x", null, 1.5m, true, DateTime.UnixEpoch.AddDays(1), 1m]);
    }

    private static RecordBatch ChangesBatch()
    {
        Column<long> values = (Column<long>)Column.Create(LogicalType.Int64);
        VarColumn positions = (VarColumn)Column.Create(LogicalType.Text);
        Column<long> times = (Column<long>)Column.Create(LogicalType.TimestampUtc());
        for (int i = 0; i < 5; i++)
        {
            if (i == 2)
                values.AppendUnset();
            else
                values.Append(i);
            positions.Append(Encoding.UTF8.GetBytes($"test/position {i}"));
            if (i < 4)
                times.Append(i * TimeSpan.TicksPerSecond);
        }

        times.PadTo(5);
        return new RecordBatch(Schema(LogicalType.Int64), [values], 5) { RowPositions = positions, RowTimes = times };
    }

    private static TableSchema Schema(LogicalType type) => new(new TableId("", "t"), [new ColumnSchema("v", type)], []);

    private static RecordBatch Batch<T>(LogicalType type, IReadOnlyList<T> values)
        where T : unmanaged
    {
        Column<T> column = (Column<T>)Column.Create(type);
        foreach (T value in values)
            column.Append(value);
        return new RecordBatch(Schema(type), [column], values.Count);
    }

    private static RecordBatch TextBatch(LogicalType type, IEnumerable<byte[]> values)
    {
        VarColumn column = (VarColumn)Column.Create(type);
        foreach (byte[] value in values)
            column.Append(value);
        return new RecordBatch(Schema(type), [column], column.Count);
    }

    private static BulkRows Rows(RecordBatch batch, int[] columns, long firstSequence = 0)
    {
        BulkRows rows = new();
        rows.Reset(batch, columns, firstSequence);
        Array.Clear(rows.Codes);
        return rows;
    }

    private async Task RoundTripAsync<T>(LogicalType type, T[] values, string[] expected, string? tableType = null)
        where T : unmanaged
    {
        using RecordBatch batch = Batch(type, values);
        (await WriteAsync(batch, tableType ?? DuckDbTypes.Sql(type))).ShouldBeEmpty();
        (await ColumnAsync("SELECT v::VARCHAR FROM t ORDER BY rowid")).ShouldBe(expected);
    }

    private async Task RefusedAsync<T>(LogicalType type, T[] values, string? tableType = null)
        where T : unmanaged
    {
        using RecordBatch batch = Batch(type, values);
        IReadOnlyList<RefusedValue> refused = await WriteAsync(batch, tableType ?? DuckDbTypes.Sql(type));
        refused.Select(r => r.Row).ShouldBe(Enumerable.Range(0, values.Length));
        refused.ShouldAllBe(r => r.Reason.Length > 10 && r.Column == 0);
        (await ColumnAsync("SELECT v::VARCHAR FROM t")).ShouldBeEmpty();
    }

    private async Task<IReadOnlyList<RefusedValue>> WriteAsync(RecordBatch batch, string tableType)
    {
        await _channel.ExecuteAsync($"CREATE OR REPLACE TABLE t (v {tableType})", Token);
        BulkRows rows = Rows(batch, [0]);
        ImmutableArray<BulkColumn> columns = [new("v", batch.Schema.Columns[0].Type, BulkValue.Data, 0)];
        await using BulkWriter writer = await _channel.OpenWriterAsync("\"main\".\"t\"", columns, Token);
        await writer.WriteAsync(rows, Token);
        await writer.CompleteAsync(Token);
        return rows.Refused;
    }

    private async Task<List<string?>> ColumnAsync(string sql) =>
        [.. (await _channel.QueryAsync($"SELECT x::VARCHAR FROM ({sql}) q(x)", Token)).Select(row => (string?)row.Values[0])];
}
