using System.Globalization;
using System.Text;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;
using Millrace.Testing.Servers;

namespace Millrace.IntegrationTests.PostgreSql;

/// <summary>Every type at its limits arrives as PostgreSQL itself prints it; what it cannot hold goes to quarantine.</summary>
public sealed class PostgreSqlTypeTests(PostgreSqlFixture fixture)
{
    [Fact]
    public async Task Numbers_keep_their_values_at_their_limits()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        await store.AppendAsync(
            "numbers",
            ("n", Values<long>(LogicalType.Int64, 1, 2, 3)),
            ("b", Values(LogicalType.Boolean, true, false, (bool?)null)),
            ("i2", Values<short>(LogicalType.Int16, short.MinValue, short.MaxValue, null)),
            ("i4", Values<int>(LogicalType.Int32, int.MinValue, int.MaxValue, null)),
            ("i8", Values<long>(LogicalType.Int64, long.MinValue, long.MaxValue, null)),
            ("f4", Values<float>(LogicalType.Float32, float.MinValue, float.NaN, null)),
            ("f8", Values<double>(LogicalType.Float64, double.Epsilon, double.NegativeInfinity, null)),
            ("u", Values<Guid>(LogicalType.Uuid, new Guid("00112233-4455-6677-8899-aabbccddeeff"), Guid.Empty, null)));

        IReadOnlyList<string?[]> rows = await store.QueryAsync("SELECT b, i2, i4, i8, f4, f8, u FROM numbers ORDER BY n");
        rows[0].ShouldBe(["t", "-32768", "-2147483648", "-9223372036854775808", "-3.4028235e+38", "5e-324", "00112233-4455-6677-8899-aabbccddeeff"]);
        rows[1].ShouldBe(["f", "32767", "2147483647", "9223372036854775807", "NaN", "-Infinity", "00000000-0000-0000-0000-000000000000"]);
        rows[2].ShouldAllBe(v => v == null);
    }

    [Fact]
    public async Task Decimals_of_every_size_and_scale_arrive_digit_by_digit()
    {
        var random = new Random(7);
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        for (int scale = 0; scale <= 38; scale++)
        {
            Int128 largest = Int128.Parse(new string('9', 38), CultureInfo.InvariantCulture);
            List<Int128> numbers = [0, 1, -1, 10_000, 99_999_999, largest, -largest, ulong.MaxValue, (Int128)ulong.MaxValue + 1];
            for (int i = 0; i < 60; i++)
            {
                numbers.Add(Int128.Parse(RandomDigits(random), CultureInfo.InvariantCulture) * (random.Next(2) == 0 ? 1 : -1));
            }

            var column = (Column<Int128>)Column.Create(LogicalType.Decimal(38, scale));
            numbers.ForEach(column.Append);
            await store.AppendAsync($"d{scale}", ("d", column));

            IReadOnlyList<string?[]> rows = await store.QueryAsync($"SELECT d FROM d{scale} ORDER BY ctid");
            rows.Select(r => r[0]).ShouldBe(numbers.Select(n => Text(n, scale)), $"scale {scale}");
        }
    }

    [Fact]
    public async Task Times_and_dates_keep_their_values_at_their_limits()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        long max = (DateTime.MaxValue - DateTime.UnixEpoch).Ticks / 10 * 10;
        long min = (DateTime.MinValue - DateTime.UnixEpoch).Ticks;
        await store.AppendAsync(
            "times",
            ("n", Values<long>(LogicalType.Int64, 1, 2, 3, 4)),
            ("d", Values<int>(LogicalType.Date, 0, -2_451_545 + 10_957, (int)(max / TimeSpan.TicksPerDay), null)),
            ("t", Values<long>(LogicalType.Time(6), 0, TimeSpan.TicksPerDay - 10, 10, null)),
            ("tz", Values<long>(LogicalType.TimestampUtc(), 0, min, max, null)),
            ("ts", Values<long>(LogicalType.TimestampNaive(), -10, min, max, null)));

        IReadOnlyList<string?[]> rows = await store.QueryAsync("SELECT d, t, tz AT TIME ZONE 'UTC', ts FROM times ORDER BY n");
        rows[0].ShouldBe(["1970-01-01", "00:00:00", "1970-01-01 00:00:00", "1969-12-31 23:59:59.999999"]);
        rows[1].ShouldBe(["4714-11-24 BC", "23:59:59.999999", "0001-01-01 00:00:00", "0001-01-01 00:00:00"]);
        rows[2].ShouldBe(["9999-12-31", "00:00:00.000001", "9999-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"]);
        rows[3].ShouldAllBe(v => v == null);
    }

    [Fact]
    public async Task Texts_json_and_bytes_arrive_whole_whatever_their_length()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        string large = string.Concat(Enumerable.Repeat("grüße 🎉 '\"\\ ", 200_000));
        await store.AppendAsync(
            "texts",
            ("n", Values<long>(LogicalType.Int64, 1, 2, 3)),
            ("t", Texts(LogicalType.Text, large, "", null)),
            ("j", Texts(LogicalType.Json, """{"a":"\ud83c\udf89 \\u0000 x\\","b":[1.50,null]}""", "\"\"", null)),
            ("b", Texts(LogicalType.Bytes, "\0\u0001", "", null)));

        IReadOnlyList<string?[]> rows = await store.QueryAsync("SELECT t, j->>'a', j->'b', b FROM texts ORDER BY n");
        rows[0].ShouldBe([large, "🎉 \\u0000 x\\", "[1.50, null]", "\\x0001"]);
        rows[1].ShouldBe(["", null, null, "\\x"]);
        rows[2].ShouldAllBe(v => v == null);
    }

    [Fact]
    public async Task What_PostgreSQL_cannot_hold_goes_to_quarantine_with_the_reason()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        await store.AppendAsync(
            "odd",
            ("n", Values<long>(LogicalType.Int64, 1, 2, 3, 4, 5, 6, 7, 8, 9)),
            ("t", Texts(LogicalType.Text, "ok", "a\0b", null, null, null, null, null, null, "fine")),
            ("j", Texts(LogicalType.Json, "1", null, """{"x":"a\u0000"}""", """["\ud800"]""", """["\\\ud83c\udf89"]""", null, null, null, null)),
            ("d", Values<int>(LogicalType.Date, null, null, null, null, null, int.MinValue, null, null, null)),
            ("tz", Values<long>(LogicalType.TimestampUtc(), null, null, null, null, null, null, long.MinValue / 10 * 10, 11, long.MaxValue / 10 * 10)));

        (await store.QueryAsync("SELECT n FROM odd ORDER BY n")).Select(r => r[0]).ShouldBe(["1", "5", "9"]);
        IReadOnlyList<string?[]> rows = await store.QueryAsync("SELECT code, reason, raw FROM _millrace_quarantine ORDER BY id");
        rows.Select(r => r[1]).ShouldBe(
        [
            "Column t: PostgreSQL's text cannot hold the NUL character.",
            "Column j: PostgreSQL's jsonb cannot hold the NUL character.",
            "Column j: PostgreSQL's jsonb cannot hold half of a surrogate pair.",
            "Column d: The date lies outside PostgreSQL's range, 4713 BC to 5874897 AD.",
            "Column tz: The timestamp lies outside PostgreSQL's range, 4713 BC to 294276 AD.",
            "Column tz: The time is finer than PostgreSQL's microsecond.",
        ]);
        rows.ShouldAllBe(r => r[0] == "MR1209");
        rows[0][2].ShouldBe("""{"n":2,"t":"a\u0000b"}""");
    }

    [Fact]
    public async Task Long_and_awkward_names_are_kept()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        string[] names = ["select", "Mixed Case", "do.t", "quo\"te", "$dollar", "ünï", "tab\tle", "a'b", "x; DROP TABLE y"];
        await store.AppendAsync(
            "Ta\"ble;" + new string('x', 80), [.. names.Select(n => (n, (Column)Values<long>(LogicalType.Int64, 1)))]);

        IReadOnlyList<string?[]> tables = await store.QueryAsync("SELECT relname FROM pg_class WHERE relname LIKE 'Ta%' AND relkind = 'r'");
        Encoding.UTF8.GetByteCount(tables.Single()[0]!).ShouldBe(63);
        (await store.QueryAsync("SELECT column_name FROM _millrace_columns")).Select(r => r[0]).ShouldBe(names, ignoreOrder: true);
    }

    private static string RandomDigits(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(1, 39)).Select(_ => (char)('0' + (random.Next(3) == 0 ? 0 : random.Next(10)))));

    private static string Text(Int128 value, int scale)
    {
        string digits = Int128.Abs(value).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return (value < 0 ? "-" : "") + (scale == 0 ? digits : $"{digits[..^scale]}.{digits[^scale..]}");
    }

    private static Column<T> Values<T>(LogicalType type, params T?[] values)
        where T : unmanaged
    {
        var column = (Column<T>)Column.Create(type);
        foreach (T? value in values)
        {
            if (value is { } present)
            {
                column.Append(present);
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
