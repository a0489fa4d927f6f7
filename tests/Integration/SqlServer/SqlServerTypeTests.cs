using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;
using Millrace.Testing.Conformance;
using Millrace.Testing.SqlServer;

namespace Millrace.IntegrationTests.SqlServer;

/// <summary>Every type at its limits arrives in a server as it was sent. Runs where <c>MILLRACE_TEST_SQLSERVER</c> names one.</summary>
public sealed class SqlServerTypeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_arrive_at_their_limits()
    {
        await using SqlServerDatabase database = await SqlServerDatabase.CreateAsync(Token);
        long grain = database.Capabilities.Gaps.Contains(SqlServerGap.HundredNanoseconds) ? 10 : 1;
        long last = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / grain * grain;
        await AppendAsync(
            database,
            ("n", Values<long>(LogicalType.Int64, 1, 2, 3)),
            ("b", Values<bool>(LogicalType.Boolean, true, false, null)),
            ("i2", Values<short>(LogicalType.Int16, short.MinValue, short.MaxValue, null)),
            ("i8", Values<long>(LogicalType.Int64, long.MinValue, long.MaxValue, null)),
            ("f8", Values<double>(LogicalType.Float64, double.MaxValue, -1.5, null)),
            ("d", Values<Int128>(LogicalType.Decimal(38, 10), Int128.Parse(new string('9', 38), CultureInfo.InvariantCulture), -Int128.Parse(new string('9', 38), CultureInfo.InvariantCulture), null)),
            ("u", Values<Guid>(LogicalType.Uuid, new Guid("00112233-4455-6677-8899-aabbccddeeff"), Guid.Empty, null)),
            ("t", Texts(LogicalType.Text, "é😀 ", "", null)),
            ("j", Texts(LogicalType.Json, """{"a":[1,2]}""", "null", null)),
            ("x", Texts(LogicalType.Bytes, "\u0001\0", "", null)),
            ("da", Values<int>(LogicalType.Date, -719162, 2932896, null)),
            ("ts", Values<long>(LogicalType.TimestampNaive(7), -DateTime.UnixEpoch.Ticks, last, null)),
            ("tz", Values<long>(LogicalType.TimestampUtc(7), 0, 12345670, null)));

        IReadOnlyList<string?[]> rows = await database.QueryAsync(
            """
            SELECT b, i2, i8, CONVERT(nvarchar(40), f8, 3), CAST(d AS nvarchar(60)), CAST(u AS nvarchar(36)), t, j, DATALENGTH(x), CONVERT(nvarchar(10), da, 23), CONVERT(nvarchar(30), ts, 121),
              DATEDIFF_BIG(microsecond, CAST('1970-01-01T00:00:00+00:00' AS datetimeoffset(6)), tz)
            FROM dbo.limits ORDER BY n
            """,
            Token);
        rows[0][..3].ShouldBe(["True", "-32768", "-9223372036854775808"]);
        double.Parse(rows[0][3]!, CultureInfo.InvariantCulture).ShouldBe(double.MaxValue);
        rows[0][4..].ShouldBe(
            [new string('9', 28) + "." + new string('9', 10), "00112233-4455-6677-8899-AABBCCDDEEFF", "é😀 ", """{"a":[1,2]}""", "2", "0001-01-01", rows[0][10], "0"]);
        rows[0][10].ShouldNotBeNull().ShouldStartWith("0001-01-01 00:00:00");
        rows[1][..3].ShouldBe(["False", "32767", "9223372036854775807"]);
        rows[1][4..].ShouldBe(
            ["-" + new string('9', 28) + "." + new string('9', 10), Guid.Empty.ToString(), "", "null", "0", "9999-12-31", rows[1][10], "1234567"]);
        rows[1][10].ShouldNotBeNull().ShouldStartWith("9999-12-31 23:59:59.999999");
        rows[2].ShouldAllBe(v => v == null);
    }

    [Fact]
    public async Task A_long_stream_arrives_whole_and_its_garbage_is_bounded()
    {
        const int Batches = 20;
        const int Rows = 2000;
        await using SqlServerDatabase database = await SqlServerDatabase.CreateAsync(Token);
        var schema = new TableSchema(new("", "stream"), [new("a", LogicalType.Int64), new("b", LogicalType.Int64), new("t", LogicalType.Text)], []);
        RecordBatch Next(int batch)
        {
            Column<long> a = Values<long>(LogicalType.Int64, [.. Enumerable.Range(batch * Rows, Rows).Select(i => (long?)i)]);
            Column<long> b = Values<long>(LogicalType.Int64, [.. Enumerable.Range(0, Rows).Select(i => (long?)i)]);
            return new(schema, [a, b, Texts(LogicalType.Text, [.. Enumerable.Repeat("twenty characters...", Rows)])], Rows);
        }

        RecordBatch[] batches = [.. Enumerable.Range(0, Batches).Select(Next)];
        await using IDestination destination = database.Open();
        long before = GC.GetTotalAllocatedBytes(true);
        await new LoadRunner(destination).RunAsync(new(schema, WriteDisposition.Append), "log/1", batches, cancellationToken: Token);
        long perRow = (GC.GetTotalAllocatedBytes(true) - before) / (Batches * Rows);

        (await database.QueryAsync("SELECT count(*), sum(a), count(DISTINCT a) FROM dbo.stream", Token))[0]
            .ShouldBe([$"{Batches * Rows}", $"{(long)Batches * Rows * ((Batches * Rows) - 1) / 2}", $"{Batches * Rows}"]);
        TestContext.Current.TestOutputHelper!.WriteLine($"{perRow} bytes allocated per row");

        // Two boxed numbers, a string, and what the driver takes for itself.
        perRow.ShouldBeLessThan(1500);
    }

    private static async Task AppendAsync(SqlServerDatabase database, params (string Name, Column Values)[] columns)
    {
        ImmutableArray<ColumnSchema> schemas = [.. columns.Select(c => new ColumnSchema(c.Name, c.Values.Type))];
        var schema = new TableSchema(new("", "limits"), schemas, []);
        await using IDestination destination = database.Open();
        CommitOutcome outcome = await new LoadRunner(destination).RunAsync(
            new(schema, WriteDisposition.Append), "log/1", [new RecordBatch(schema, [.. columns.Select(c => c.Values)], columns[0].Values.Count)], cancellationToken: Token);
        outcome.Quarantined.ShouldBe(0);
    }

    private static Column<T> Values<T>(LogicalType type, params T?[] values)
        where T : unmanaged
    {
        var column = (Column<T>)Column.Create(type);
        foreach (T? value in values)
        {
            if (value is { } given)
            {
                column.Append(given);
            }
            else
            {
                column.AppendNull();
            }
        }

        return column;
    }

    private static VarColumn Texts(LogicalType type, params string?[] values)
    {
        var column = (VarColumn)Column.Create(type);
        foreach (string? value in values)
        {
            if (value is null)
            {
                column.AppendNull();
            }
            else
            {
                column.Append(Encoding.UTF8.GetBytes(value));
            }
        }

        return column;
    }
}
