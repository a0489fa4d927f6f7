using Millrace.Connectors.PostgreSql;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Testing.Conformance;
using Millrace.Testing.Servers;

namespace Millrace.ConformanceTests.PostgreSql;

/// <summary>What PostgreSQL's types are read as, at their limits; and how its reads end.</summary>
[Collection(AloneCollection.Name)]
public sealed class PostgreSqlSourceTypeTests(PostgreSqlFixture fixture) : IAsyncLifetime
{
    private string _connection = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A type, a value of it as SQL, and what is read: the column's type, and the value as canonical text.</summary>
    public static TheoryData<string, string, string, string> Values => new()
    {
        { "boolean", "true", "boolean", "true" },
        { "smallint", "-32768", "int16", "-32768" },
        { "integer", "-2147483648", "int32", "-2147483648" },
        { "bigint", "-9223372036854775808", "int64", "-9223372036854775808" },
        { "real", "'3.4028235e38'", "float32", "3.4028235E+38" },
        { "real", "'NaN'", "float32", "NaN" },
        { "double precision", "'-Infinity'", "float64", "-Infinity" },
        { "double precision", "'5e-324'", "float64", "5E-324" },
        { "numeric(38,0)", "99999999999999999999999999999999999999", "decimal(38,0)", "99999999999999999999999999999999999999" },
        { "numeric(38,38)", "-0.99999999999999999999999999999999999999", "decimal(38,38)", "-0.99999999999999999999999999999999999999" },
        { "numeric(38,37)", "9.0000000000000000000000000000000000001", "decimal(38,37)", "9.0000000000000000000000000000000000001" },
        { "numeric(10,2)", "-12345678.90", "decimal(10,2)", "-12345678.9" },
        { "numeric(10,2)", "0", "decimal(10,2)", "0" },
        { "numeric(10,2)", "'NaN'", "text", "NaN" },
        { "numeric(5,-2)", "1234567", "decimal(7,0)", "1234600" },
        { "numeric(3,5)", "0.00123", "decimal(5,5)", "0.00123" },
        { "numeric(39,0)", "123456789012345678901234567890123456789", "text", "123456789012345678901234567890123456789" },
        { "numeric", "0.0000000000000000001", "decimal(37,19)", "0.0000000000000000001" },
        { "numeric", "12345678901234567890.50", "decimal(21,1)", "12345678901234567890.5" },
        { "numeric", "100000", "decimal(18,0)", "100000" },
        { "numeric", "1e37", "decimal(38,0)", "10000000000000000000000000000000000000" },
        { "numeric", "1e38", "text", "100000000000000000000000000000000000000" },
        { "numeric", "-1e-39", "text", "-0.000000000000000000000000000000000000001" },
        { "numeric", "'-Infinity'", "text", "-Infinity" },
        { "text", "E'ü\\n''\"\\\\'", "text", "ü\n'\"\\" },
        { "varchar(3)", "''", "text", "" },
        { "character(3)", "'a'", "text", "a  " },
        { "\"char\"", "'a'", "text", "a" },
        { "name", "'n'", "text", "n" },
        { "json", "'{\"b\": 1, \"a\":1.0}'", "json", "{\"b\": 1, \"a\":1.0}" },
        { "jsonb", "'{\"b\": 1, \"a\":1.0}'", "json", "{\"a\": 1.0, \"b\": 1}" },
        { "bytea", @"'\x00ff'", "bytes", "AP8=" },
        { "uuid", "'00112233-4455-6677-8899-aabbccddeeff'", "uuid", "00112233-4455-6677-8899-aabbccddeeff" },
        { "date", "'4714-11-24 BC'", "date", "-4713-11-24" },
        { "date", "'5874897-12-31'", "date", "+5874897-12-31" },
        { "date", "'infinity'", "text", "infinity" },
        { "time", "'23:59:59.999999'", "time(6)", "23:59:59.999999" },
        { "time", "'24:00:00'", "text", "24:00:00" },
        { "time with time zone", "'12:00:00.5+02'", "text", "12:00:00.5+02" },
        { "timestamp", "'0001-01-01 00:00:00 BC'", "timestamp(6)", "0000-01-01T00:00:00.000000" },
        { "timestamp", "'1969-12-31 23:59:59.999999'", "timestamp(6)", "1969-12-31T23:59:59.999999" },
        { "timestamp", "'294276-12-31 23:59:59.999999'", "text", "+294276-12-31T23:59:59.999999" },
        { "timestamp", "'-infinity'", "text", "-infinity" },
        { "timestamp with time zone", "'2026-11-22 10:00:00.000001+02'", "timestamp(6) utc", "2026-11-22T08:00:00.000001Z" },
        { "interval", "'1 year 2 days 03:04:05.6'", "text", "1 year 2 days 03:04:05.6" },
        { "money", "12.34", "text", "$12.34" },
        { "inet", "'10.0.0.1/8'", "text", "10.0.0.1/8" },
        { "bit varying(5)", "B'101'", "text", "101" },
        { "int4range", "'[1,5)'", "text", "[1,5)" },
        { "tsvector", "'a b'", "text", "'a' 'b'" },
        { "xml", "'<a/>'", "text", "<a/>" },
        { "oid", "4294967295", "text", "4294967295" },
        { "integer[]", "'{1,NULL,3}'", "json", "[1,null,3]" },
        { "numeric[]", "'{0.10}'", "json", "[0.10]" },
        { "mood", "'so so'", "text", "so so" },
        { "pair", "ROW(1,'x')", "json", "{\"a\":1,\"b\":\"x\"}" },
        { "positive", "7", "int32", "7" },
        { "shortish", "'abc'", "text", "abc" },
    };

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _connection = await fixture.CreateDatabaseAsync();
        await ExecuteAsync(
            """
            CREATE TYPE mood AS ENUM ('so so', 'fine');
            CREATE TYPE pair AS (a integer, b text);
            CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
            CREATE DOMAIN short AS varchar(5); CREATE DOMAIN shortish AS short
            """);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The value alone, and with a null and a plain row around it, from a table and from a query.</summary>
    [Theory]
    [MemberData(nameof(Values))]
    public async Task A_value_is_read_as_it_is(string type, string sql, string logical, string text)
    {
        await ExecuteAsync($"CREATE TABLE v (id integer PRIMARY KEY, v {type}); INSERT INTO v VALUES (1, NULL), (2, {sql}), (3, NULL)");

        (await ReadAsync(Settings("v"))).ShouldBe((logical, text));
        (await ReadAsync(Settings("q") with { Options = new Connectors.Sql.Reading.RelationalSourceOptions { Query = "SELECT * FROM v ORDER BY id" } })).ShouldBe((logical, text));
    }

    /// <summary>A cancelled read ends within two seconds, whether it waits for its first row or is in the middle of many.</summary>
    [Theory]
    [InlineData("SELECT pg_sleep(60)::text AS a")]
    [InlineData("SELECT generate_series(1, 2000000000) AS i")]
    public async Task A_cancelled_read_ends_within_two_seconds(string query)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        SourceSettings settings = Settings("q") with { Options = new Connectors.Sql.Reading.RelationalSourceOptions { Query = query } };
        ISource source = new PostgreSqlConnector().CreateSource(settings);
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

    /// <summary>A run that stops early does not read the rest of a large result first.</summary>
    [Fact]
    public async Task A_read_that_ends_early_ends_at_once()
    {
        ISource source = new PostgreSqlConnector().CreateSource(
            Settings("q") with { Options = new Connectors.Sql.Reading.RelationalSourceOptions { Query = "SELECT generate_series(1, 2000000000) AS i" } });
        long began = TimeProvider.System.GetTimestamp();
        await using (source)
        {
            ReadPlan plan = await source.PlanAsync(new([], 1), Token);
            await foreach (RecordBatch batch in source.ReadAsync(new(plan.Partitions[0], 10), Token))
            {
                batch.Dispose();
                break;
            }
        }

        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    /// <summary>What others change while a copy is read is not in it: its tables, and its connections, see one state.</summary>
    [Fact]
    public async Task A_copy_is_of_one_state()
    {
        await ExecuteAsync("CREATE TABLE a (id integer PRIMARY KEY, v integer); CREATE TABLE b (id integer PRIMARY KEY, v integer); INSERT INTO a SELECT i, 0 FROM generate_series(1, 100) AS i; INSERT INTO b SELECT * FROM a");
        ISource source = new PostgreSqlConnector().CreateSource(Settings("a") with { Datasets = ["a", "b"] });
        List<string> rows = [];
        await using (source)
        {
            ReadPlan plan = await source.PlanAsync(new([], 1), Token);
            foreach (PartitionPlan partition in plan.Partitions)
            {
                await foreach (RecordBatch batch in source.ReadAsync(new(partition, 10), Token))
                {
                    rows.AddRange(Enumerable.Range(0, batch.RowCount).Select(i => RowJson.Of(batch, i)));
                    batch.Dispose();
                    await ExecuteAsync("UPDATE a SET v = v + 1; UPDATE b SET v = v + 1; DELETE FROM b WHERE id > 50");
                }
            }
        }

        rows.Count.ShouldBe(200);
        rows.ShouldAllBe(r => r.EndsWith("\"v\":0}"));
    }

    /// <summary>A wrong password is told by its code, and by nothing of itself.</summary>
    [Fact]
    public async Task A_wrong_password_is_coded()
    {
        var builder = new Npgsql.NpgsqlConnectionStringBuilder(_connection) { Password = "not-the-secret" };
        MillraceException error = await FailAsync(builder.ConnectionString, "v");
        error.Code.ShouldBe(ErrorCodes.LoginRefused);
        error.ToString().ShouldNotContain("not-the-secret");
    }

    /// <summary>A table that the user may not read is told with what grants it.</summary>
    [Fact]
    public async Task A_missing_right_is_coded()
    {
        await ExecuteAsync("CREATE TABLE hidden (id integer); DROP ROLE IF EXISTS millrace_reader; CREATE ROLE millrace_reader LOGIN PASSWORD 'loopback-only'");
        var builder = new Npgsql.NpgsqlConnectionStringBuilder(_connection) { Username = "millrace_reader" };
        MillraceException error = await FailAsync(builder.ConnectionString, "hidden");
        error.Code.ShouldBe(ErrorCodes.PermissionDenied);
        error.Fix.ShouldNotBeNull().ShouldContain("GRANT");
    }

    /// <summary>No object a row: what a million rows allocate is what some batches and buffers do.</summary>
    [Fact]
    public async Task Rows_allocate_nothing()
    {
        await ExecuteAsync("CREATE TABLE many AS SELECT i AS id, i * 1.5 AS n, 'row ' || i AS t, now() AS at FROM generate_series(1, 300000) AS i; ALTER TABLE many ADD PRIMARY KEY (id); ANALYZE many");
        double least = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            // What was begun before may still allocate.
            long before = GC.GetTotalAllocatedBytes(precise: true);
            (await CountAsync()).ShouldBe(300_000);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / 300_000.0);
        }

        least.ShouldBeLessThan(16);
    }

    private async Task<long> CountAsync()
    {
        ISource source = new PostgreSqlConnector().CreateSource(Settings("many"));
        long rows = 0;
        await using (source)
        {
            ReadPlan plan = await source.PlanAsync(new([], 1), Token);
            foreach (PartitionPlan partition in plan.Partitions)
            {
                await foreach (RecordBatch batch in source.ReadAsync(new(partition), Token))
                {
                    rows += batch.RowCount;
                    batch.Dispose();
                }
            }
        }

        return rows;
    }

    private async Task<(string Type, string Text)> ReadAsync(SourceSettings settings)
    {
        ISource source = new PostgreSqlConnector().CreateSource(settings);
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

    private async Task<MillraceException> FailAsync(string connection, string dataset)
    {
        SourceSettings settings = Settings(dataset) with { Connection = new("shop", new PostgreSqlOptions { ConnectionString = connection }, "") };
        ISource source = new PostgreSqlConnector().CreateSource(settings);
        await using (source)
        {
            return await Should.ThrowAsync<MillraceException>(async () => await source.PlanAsync(new([], 1), Token));
        }
    }

    private SourceSettings Settings(string dataset) =>
        new(new("shop", new PostgreSqlOptions { ConnectionString = _connection }, ""), "job/task", [dataset], ReplicationMethod.FullRefresh);

    private Task ExecuteAsync(string sql) => PostgreSqlServer.ExecuteAsync(_connection, sql);
}
