using Millrace.Connectors.DuckDb;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Testing.Conformance;

namespace Millrace.ConformanceTests.DuckDb;

/// <summary>DuckDB keeps the contract of a relational source.</summary>
public sealed class DuckDbRelationalTests : RelationalSourceConformance
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-duckdb-");

    /// <summary>A type, a value of it as SQL, and what is read: the column's type, and the value as canonical text.</summary>
    public static TheoryData<string, string, string, string> Values => new()
    {
        { "BOOLEAN", "true", "boolean", "true" },
        { "TINYINT", "-128", "int16", "-128" },
        { "UTINYINT", "255", "int16", "255" },
        { "SMALLINT", "-32768", "int16", "-32768" },
        { "USMALLINT", "65535", "int32", "65535" },
        { "INTEGER", "-2147483648", "int32", "-2147483648" },
        { "UINTEGER", "4294967295", "int64", "4294967295" },
        { "BIGINT", "-9223372036854775808", "int64", "-9223372036854775808" },
        { "UBIGINT", "18446744073709551615", "decimal(20,0)", "18446744073709551615" },
        { "HUGEINT", "-99999999999999999999999999999999999999", "decimal(38,0)", "-99999999999999999999999999999999999999" },
        { "HUGEINT", "170141183460469231731687303715884105727", "text", "170141183460469231731687303715884105727" },
        { "UHUGEINT", "340282366920938463463374607431768211455", "text", "340282366920938463463374607431768211455" },
        { "FLOAT", "'NaN'", "float32", "NaN" },
        { "DOUBLE", "5e-324", "float64", "5E-324" },
        { "DECIMAL(4,1)", "-999.9", "decimal(4,1)", "-999.9" },
        { "DECIMAL(9,2)", "1234567.89", "decimal(9,2)", "1234567.89" },
        { "DECIMAL(18,0)", "999999999999999999", "decimal(18,0)", "999999999999999999" },
        { "DECIMAL(38,38)", "'-0.99999999999999999999999999999999999999'", "decimal(38,38)", "-0.99999999999999999999999999999999999999" },
        { "VARCHAR", "'ü, longer than twelve'", "text", "ü, longer than twelve" },
        { "VARCHAR", "''", "text", "" },
        { "JSON", "'{\"b\": 1.0}'", "json", "{\"b\": 1.0}" },
        { "BLOB", "'\\x00\\xFF'", "bytes", "AP8=" },
        { "UUID", "'00112233-4455-6677-8899-aabbccddeeff'", "uuid", "00112233-4455-6677-8899-aabbccddeeff" },
        { "DATE", "'9999-12-31'", "date", "9999-12-31" },
        { "DATE", "'infinity'", "text", "infinity" },
        { "TIME", "'23:59:59.999999'", "time(6)", "23:59:59.999999" },
        { "TIME", "'24:00:00'", "text", "24:00:00" },
        { "TIMESTAMP_S", "'2026-11-22 10:00:00'", "timestamp(0)", "2026-11-22T10:00:00" },
        { "TIMESTAMP_MS", "'1969-12-31 23:59:59.999'", "timestamp(3)", "1969-12-31T23:59:59.999" },
        { "TIMESTAMP", "'0001-01-01 00:00:00.000001'", "timestamp(6)", "0001-01-01T00:00:00.000001" },
        { "TIMESTAMP", "'-infinity'", "text", "-infinity" },
        { "TIMESTAMP", "'200000-01-01 00:00:00'", "text", "+200000-01-01T00:00:00.000000" },
        { "TIMESTAMP_NS", "'2026-11-22 10:00:00.1234567'", "timestamp(7)", "2026-11-22T10:00:00.1234567" },
        { "TIMESTAMP_NS", "'2026-11-22 10:00:00.123456789'", "text", "2026-11-22T10:00:00.123456789" },
        { "TIMESTAMPTZ", "'2026-11-22 10:00:00.000001+02'", "timestamp(6) utc", "2026-11-22T08:00:00.000001Z" },
        { "INTERVAL", "'1 year 2 days'", "text", "1 year 2 days" },
        { "BIT", "'101'", "text", "101" },
        { "mood", "'so so'", "text", "so so" },
        { "INTEGER[]", "[1, NULL, 3]", "json", "[1,null,3]" },
        { "STRUCT(a INTEGER, b VARCHAR)", "{'a': 1, 'b': 'x'}", "json", "{\"a\":1,\"b\":\"x\"}" },
        { "MAP(VARCHAR, INTEGER)", "MAP {'k': 1}", "json", "{\"k\":1}" },
    };

    /// <inheritdoc/>
    protected override IConnector Connector { get; } = new DuckDbConnector();

    /// <inheritdoc/>
    protected override ConnectionSettings Connection => new("shop", Options, "");

    private DuckDbOptions Options => new() { Path = Path.Combine(_folder.FullName, "shop.duckdb") };

    /// <inheritdoc/>
    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>The value alone, and with a null around it, from a table and from a query.</summary>
    [Theory]
    [MemberData(nameof(Values))]
    public async Task A_value_is_read_as_it_is(string type, string sql, string logical, string text)
    {
        await ExecuteAsync($"CREATE TYPE mood AS ENUM ('so so', 'fine'); CREATE TABLE v (id integer PRIMARY KEY, v {type}); INSERT INTO v VALUES (1, NULL), (2, {sql}), (3, NULL)");

        (await ReadOneAsync(Whole("v"))).ShouldBe((logical, text));
        (await ReadOneAsync(Query(Whole("q"), "SELECT * FROM v ORDER BY id"))).ShouldBe((logical, text));
    }

    /// <summary>A source makes no file.</summary>
    [Fact]
    public async Task A_file_that_is_not_there_is_not_made()
    {
        (await FailAsync(Whole("v"))).Code.ShouldBe(ErrorCodes.DuckDbCannotOpen);
        _folder.GetFiles().ShouldBeEmpty();
    }

    /// <summary>A cancelled read ends within two seconds, whether it waits for its first row or is in the middle of many.</summary>
    [Theory]
    [InlineData("SELECT count(*) AS n FROM range(1000000000) AS a(i), range(1000000000) AS b(j) WHERE i + j = -1")]
    [InlineData("SELECT i FROM range(20000000000) AS r(i)")]
    public async Task A_cancelled_read_ends_within_two_seconds(string query)
    {
        await ExecuteAsync("SELECT 1");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        ISource source = Connector.CreateSource(Query(Whole("q"), query));
        long asked = 0;
        await using (source)
        {
            ReadPlan plan = await source.PlanAsync(new([], 1), Token);
            stop.CancelAfter(TimeSpan.FromSeconds(1));
            using CancellationTokenRegistration noted = stop.Token.Register(() => asked = TimeProvider.System.GetTimestamp());
            await Should.ThrowAsync<OperationCanceledException>(async () =>
            {
                await foreach (RecordBatch batch in source.ReadAsync(new(plan.Partitions[0]), stop.Token))
                {
                    batch.Dispose();
                }
            });
        }

        TimeProvider.System.GetElapsedTime(asked).ShouldBeLessThan(TimeSpan.FromSeconds(2));
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(string sql)
    {
        await using DuckDbFile file = await DuckDbFile.OpenAsync(Options, TimeProvider.System, Token);
        await using DuckDbChannel channel = new(file);
        await channel.ExecuteAsync(sql, Token);
    }

    private async Task<(string Type, string Text)> ReadOneAsync(SourceSettings settings)
    {
        ISource source = Connector.CreateSource(settings);
        await using (source)
        {
            ReadPlan plan = await source.PlanAsync(new([], 1), Token);
            List<(string, string)> found = [];
            await foreach (RecordBatch batch in source.ReadAsync(new(plan.Partitions[0]), Token))
            {
                using (batch)
                {
                    for (int i = 0; i < batch.Columns.Length; i++)
                    {
                        Column column = batch.Columns[i];
                        found.AddRange(Enumerable.Range(0, batch.RowCount).Where(r => batch.Schema.Columns[i].Name == "v" && !column.IsNull(r))
                            .Select(r => (column.Type.ToString(), ValueText.Of(column, r))));
                    }
                }
            }

            return found.ShouldHaveSingleItem();
        }
    }
}
