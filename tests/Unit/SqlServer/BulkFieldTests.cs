using System.Data.SqlTypes;
using System.Globalization;
using System.Text;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.SqlServer.Bulk;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.SqlServer;

/// <summary>What SQL Server's driver is handed for a value, and which values are kept from it with a reason.</summary>
public sealed class BulkFieldTests
{
    private static readonly long FirstTick = -DateTime.UnixEpoch.Ticks;
    private static readonly long LastTick = DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks;

    [Fact]
    public void Decimals_keep_38_digits_and_their_sign_at_every_scale()
    {
        Int128 largest = Int128.Parse(new string('9', 38), CultureInfo.InvariantCulture);
        for (int scale = 0; scale <= 38; scale++)
        {
            foreach (Int128 number in new[] { largest, -largest, 0, -1, ulong.MaxValue, (Int128)ulong.MaxValue + 1 })
            {
                var value = (SqlDecimal)Read(LogicalType.Decimal(38, scale), column => ((Column<Int128>)column).Append(number)).Value!;
                value.Scale.ShouldBe((byte)scale);
                Int128.Parse(value.ToString().Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture).ShouldBe(number);
            }
        }
    }

    [Fact]
    public void Floats_that_are_no_numbers_are_refused()
    {
        foreach (double value in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            Read(LogicalType.Float64, c => ((Column<double>)c).Append(value)).Reason.ShouldNotBeNull().ShouldContain("NaN");
            Read(LogicalType.Float32, c => ((Column<float>)c).Append((float)value)).Reason.ShouldNotBeNull();
            Read(LogicalType.Float32, c => ((Column<float>)c).Append((float)value), LogicalType.Float64).Reason.ShouldNotBeNull();
        }

        Read(LogicalType.Float64, c => ((Column<double>)c).Append(double.MaxValue)).ShouldBe((null, double.MaxValue));
        Read(LogicalType.Int64, c => ((Column<long>)c).Append(1L << 53), LogicalType.Float64).ShouldBe((null, (double)(1L << 53)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Instants_are_those_of_the_years_1_to_9999(bool isUtc)
    {
        LogicalType type = isUtc ? LogicalType.TimestampUtc(7) : LogicalType.TimestampNaive(7);
        foreach (long ticks in new[] { FirstTick, 0, 1, LastTick })
        {
            object value = Read(type, c => ((Column<long>)c).Append(ticks)).Value!;
            (value is DateTimeOffset instant ? instant.UtcTicks : ((DateTime)value).Ticks).ShouldBe(ticks + DateTime.UnixEpoch.Ticks);
        }

        foreach (long ticks in new[] { FirstTick - 1, LastTick + 1, long.MinValue, long.MaxValue })
        {
            Read(type, c => ((Column<long>)c).Append(ticks)).Reason.ShouldNotBeNull().ShouldContain("9999");
        }

        Read(type, c => ((Column<long>)c).Append(15), type with { Precision = 6 }).Reason.ShouldNotBeNull().ShouldContain("finer");
        Read(type, c => ((Column<long>)c).Append(20), type with { Precision = 6 }).Reason.ShouldBeNull();
    }

    [Fact]
    public void Dates_and_times_of_day_keep_to_their_ranges()
    {
        Read(LogicalType.Date, c => ((Column<int>)c).Append((int)(FirstTick / TimeSpan.TicksPerDay))).Value.ShouldBe(DateTime.MinValue);
        Read(LogicalType.Date, c => ((Column<int>)c).Append((int)(LastTick / TimeSpan.TicksPerDay))).Value.ShouldBe(DateTime.MaxValue.Date);
        Read(LogicalType.Date, c => ((Column<int>)c).Append((int)(FirstTick / TimeSpan.TicksPerDay) - 1)).Reason.ShouldNotBeNull();
        Read(LogicalType.Date, c => ((Column<int>)c).Append(int.MaxValue)).Reason.ShouldNotBeNull();
        Read(LogicalType.Date, c => ((Column<int>)c).Append(1), LogicalType.TimestampUtc()).Value.ShouldBe(new DateTimeOffset(1970, 1, 2, 0, 0, 0, TimeSpan.Zero));
        Read(LogicalType.Time(), c => ((Column<long>)c).Append(TimeSpan.TicksPerDay - 1)).Reason.ShouldBeNull();
        Read(LogicalType.Time(), c => ((Column<long>)c).Append(TimeSpan.TicksPerDay)).Reason.ShouldNotBeNull();
        Read(LogicalType.Time(), c => ((Column<long>)c).Append(-1)).Reason.ShouldNotBeNull();
    }

    [Fact]
    public void Keys_that_sql_server_would_take_for_others_are_refused()
    {
        (string? Reason, object? Value) Key(string text, int maxBytes = 0) => Read(LogicalType.Text, c => ((VarColumn)c).Append(Encoding.UTF8.GetBytes(text)), null, maxBytes, true);

        Key("a ").Reason.ShouldNotBeNull().ShouldContain("blank");
        Key(" ").Reason.ShouldNotBeNull();
        Key("a\t").Reason.ShouldBeNull();
        Key(" a").Value.ShouldBe(" a");
        Key("").Value.ShouldBe("");
        Key(new string('é', 450), 900).Reason.ShouldBeNull();
        Key(new string('é', 451), 900).Reason.ShouldNotBeNull().ShouldContain("450");
        Read(LogicalType.Text, c => ((VarColumn)c).Append("a "u8)).Value.ShouldBe("a ");
        Read(LogicalType.Text, c => ((VarColumn)c).Append([0xED, 0xA0, 0x80])).Reason.ShouldNotBeNull().ShouldContain("UTF-8");
        Read(LogicalType.Bytes, c => ((VarColumn)c).Append([1, 0]), null, 0, true).Reason.ShouldNotBeNull().ShouldContain("zero");
        Read(LogicalType.Bytes, c => ((VarColumn)c).Append([1, 0])).Value.ShouldBe(new byte[] { 1, 0 });
        Read(LogicalType.Bytes, c => ((VarColumn)c).Append([1, 2, 3]), null, 2).Reason.ShouldNotBeNull().ShouldContain("2 bytes");
    }

    [Fact]
    public void A_null_is_no_value_whatever_lies_beneath()
    {
        foreach (LogicalType type in new[] { LogicalType.Float64, LogicalType.Text, LogicalType.Date, LogicalType.TimestampUtc(), LogicalType.Decimal(38, 2), LogicalType.Bytes })
        {
            Read(type, c => c.AppendNull()).ShouldBe((null, DBNull.Value));
        }
    }

    private static (string? Reason, object? Value) Read(LogicalType from, Action<Column> append, LogicalType? to = null, int maxBytes = 0, bool isKey = false)
    {
        Column column = Column.Create(from);
        append(column);
        using var batch = new RecordBatch(new(new("s", "t"), [new("c", from)], []), [column], 1);
        var rows = new BulkRows();
        rows.Reset(batch, [0], 0);
        rows.Codes[0] = StageCode.Insert;
        var columns = new BulkColumn("c", to ?? from, BulkValue.Data, 0) { MaxBytes = maxBytes, IsKey = isKey };
        using var reader = new BatchReader(["c"]);
        reader.Fields[0] = BulkFieldFactory.Create(columns, from);
        reader.Fields[0]!.Bind(rows);
        if (reader.Choose(rows, [columns]) == 0)
        {
            return (rows.Refused.ShouldHaveSingleItem().Reason, null);
        }

        Task read = reader.Offer();
        reader.ReadAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult().ShouldBeTrue();
        object value = reader.GetValue(0);
        read.IsCompleted.ShouldBeFalse();
        return (null, value);
    }
}
