using System.Diagnostics;
using System.Text;
using Millrace.Connectors.PostgreSql;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;
using Millrace.Testing.Conformance;
using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.IntegrationTests.PostgreSql;

/// <summary>What goes wrong with a server is told by a code, with a fix and without a secret, and leaves the last commit.</summary>
public sealed class PostgreSqlFailureTests(PostgreSqlFixture fixture)
{
    private static readonly TableSchema Schema = new(
        new("", "orders"), [new("_id", LogicalType.Text), new("a", LogicalType.Int64), new("b", LogicalType.Text)], ["_id"]);

    private static readonly TableWrite Merge = new(Schema, WriteDisposition.Merge) { IsChangeCapture = true };

    [Theory]
    [InlineData("Password=hunter2", "MR1202", false)]
    [InlineData("Database=nowhere", "MR1204", false)]
    [InlineData("Port=1", "MR1201", true)]
    [InlineData("Host=no-such-host.invalid", "MR1201", true)]
    [InlineData("Username=nobody;Password=hunter2", "MR1202", false)]
    public async Task A_connection_that_fails_is_told_by_its_code(string change, string code, bool isTransient)
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        await using IDestination destination = store.Open(o => o.ConnectionString += ";" + change);

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => destination.CommittedAsync("t", PostgreSqlStore.Token).AsTask());

        error.Code.Id.ShouldBe(code);
        error.IsTransient.ShouldBe(isTransient);
        error.Fix.ShouldNotBeNullOrEmpty();
        error.ConfigPath.ShouldBe("connections.prod.connection_string");
        error.ToString().ShouldNotContain("hunter2");
        error.ToString().ShouldNotContain(PostgreSqlServer.Password);
        var options = new PostgreSqlOptions { ConnectionString = store.Connection + ";" + change };
        IReadOnlyList<CheckFinding> findings = await new PostgreSqlConnector().CheckAsync(new("prod", options, ""), PostgreSqlStore.Token);
        findings.Single().Error!.Code.Id.ShouldBe(code);
    }

    [Theory]
    [InlineData("Host=x;Passwort=hunter2")]
    [InlineData("mysql://me:hunter2@x/db")]
    [InlineData("Username=me;Password=hunter2")]
    public async Task A_connection_string_that_cannot_be_read_is_not_repeated(string text)
    {
        await using IDestination destination = new PostgreSqlStore(text).Open();
        MillraceException error = await Should.ThrowAsync<MillraceException>(() => destination.CommittedAsync("t", PostgreSqlStore.Token).AsTask());
        error.Code.ShouldBe(ErrorCodes.InvalidConfiguration);
        error.ToString().ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task A_uri_is_taken_as_libpq_takes_it()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        var parts = new NpgsqlConnectionStringBuilder(store.Connection);
        string uri = $"postgresql://{parts.Username}:{Uri.EscapeDataString(parts.Password!)}@{parts.Host}:{parts.Port}/{parts.Database}?sslmode=prefer&application_name=me";
        var options = new PostgreSqlOptions { ConnectionString = uri };
        IReadOnlyList<CheckFinding> findings = await new PostgreSqlConnector().CheckAsync(new("prod", options, ""), PostgreSqlStore.Token);
        findings.ShouldAllBe(f => f.Error == null);
        findings[0].Detail!.ShouldContain($"database {parts.Database}");
    }

    [Fact]
    public async Task A_user_without_permission_is_told_what_to_grant()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        await store.ExecuteAsync("CREATE ROLE reader LOGIN PASSWORD 'hunter2'");
        await using IDestination destination = store.Open(o => o.ConnectionString += ";Username=reader;Password=hunter2");
        MillraceException error = await Should.ThrowAsync<MillraceException>(
            () => destination.PrepareAsync(new LoadRunner(destination).Request(Merge), PostgreSqlStore.Token).AsTask());
        error.Code.ShouldBe(ErrorCodes.PermissionDenied);
        error.Fix!.ShouldContain("reader");
    }

    [Fact]
    public async Task A_check_tells_what_the_user_may_not_write_and_leaves_nothing_behind()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        string user = $"checker_{Guid.NewGuid():N}";
        await store.ExecuteAsync($"""
            CREATE ROLE {user} LOGIN PASSWORD 'hunter2';
            GRANT CREATE, USAGE ON SCHEMA public TO {user};
            CREATE SCHEMA raw;
            GRANT USAGE ON SCHEMA raw TO {user};
            CREATE TABLE raw.orders (a int);
            GRANT SELECT, INSERT ON raw.orders TO {user};
            CREATE TABLE public._millrace_checkpoints (a int)
            """);
        var settings = new ConnectionSettings("prod", new PostgreSqlOptions { ConnectionString = $"{store.Connection};Username={user};Password=hunter2" }, "");
        WriteTarget[] targets =
        [
            new(new("raw", "orders"), WriteDisposition.Merge), new(new("raw", "people"), WriteDisposition.Merge), new(new("", "notes"), WriteDisposition.Append),
            new(new("fresh", ""), WriteDisposition.Append),
        ];
        const string Relations = "SELECT count(*) FROM pg_class";
        string? before = (await store.QueryAsync(Relations)).Single()[0];
        var connector = new PostgreSqlConnector();
        async Task<string[]> Problems(params WriteTarget[] of) =>
            [.. (await connector.CheckTargetsAsync(settings, of, PostgreSqlStore.Token)).Select(f => f.Error).OfType<MillraceException>().Select(e => $"{e.Code.Id} {e.Message}")];

        (await connector.CheckAsync(settings, PostgreSqlStore.Token)).ShouldAllBe(f => f.Error == null);
        (await Problems(targets)).ShouldBe(
        [
            "MR1203 Connection prod: the user may not create tables in schema raw.",
            "MR1203 Connection prod: the user may not create the schema fresh.",
            "MR1203 Connection prod: the user lacks rights on public._millrace_checkpoints (SELECT, INSERT, UPDATE, DELETE); raw.orders (SELECT, INSERT, UPDATE, DELETE).",
        ]);
        await store.ExecuteAsync($"ALTER TABLE public._millrace_checkpoints OWNER TO {user}; GRANT CREATE ON SCHEMA raw TO {user}; CREATE SCHEMA fresh AUTHORIZATION {user}");
        (await Problems(targets)).ShouldHaveSingleItem().ShouldContain("lacks rights on raw.orders (");
        (await Problems(new WriteTarget(new("raw", "orders"), WriteDisposition.Append))).ShouldBeEmpty();
        await store.ExecuteAsync($"GRANT UPDATE, DELETE ON raw.orders TO {user}");
        (await Problems(targets)).ShouldBeEmpty();
        await store.ExecuteAsync("DO $do$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $do$");
        (await Problems(targets)).ShouldHaveSingleItem().ShouldContain("may not create temporary tables");
        (await store.QueryAsync(Relations)).Single()[0].ShouldBe(before);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_lost_in_a_load_is_transient_and_leaves_the_last_commit(bool isStaged)
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        await using IDestination destination = store.Open();
        var runner = new LoadRunner(destination);
        if (isStaged)
        {
            await runner.RunAsync(Merge, "log/1", [Rows(1, 10)], cancellationToken: PostgreSqlStore.Token);
        }

        await destination.PrepareAsync(runner.Request(Merge), PostgreSqlStore.Token);
        await using (IWriteSession session = await destination.BeginAsync(runner.Request(Merge), runner.Load, PostgreSqlStore.Token))
        {
            MillraceException error = await Should.ThrowAsync<MillraceException>(async () =>
            {
                for (int i = 0; i < 1000; i++)
                {
                    using RecordBatch batch = Rows(10, 5000);
                    await session.WriteAsync(batch, PostgreSqlStore.Token);
                    if (i == 1)
                    {
                        await store.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'millrace' AND datname = current_database()");
                    }
                }
            });
            error.Code.ShouldBe(ErrorCodes.ConnectionLost);
            error.IsTransient.ShouldBeTrue();
        }

        (await store.QueryAsync("SELECT count(*) FROM orders")).Single()[0].ShouldBe(isStaged ? "10" : "0");
        await runner.RunAsync(Merge, "log/2", [Rows(20, 5)], cancellationToken: PostgreSqlStore.Token);
        (await store.QueryAsync("SELECT count(*) FROM orders")).Single()[0].ShouldBe(isStaged ? "15" : "5");
    }

    [Fact]
    public async Task A_merge_that_waits_for_a_lock_ends_within_two_seconds_of_its_cancellation()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        await using IDestination destination = store.Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(Merge, "log/1", [Rows(1, 10)], cancellationToken: PostgreSqlStore.Token);
        await using var other = new NpgsqlConnection(store.Connection);
        await other.OpenAsync(PostgreSqlStore.Token);
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync(PostgreSqlStore.Token);
        await using (NpgsqlCommand command = new("LOCK TABLE orders", other, transaction))
        {
            await command.ExecuteNonQueryAsync(PostgreSqlStore.Token);
        }

        using var cancellation = new CancellationTokenSource();
        await using IWriteSession session = await destination.BeginAsync(runner.Request(Merge), runner.Load, PostgreSqlStore.Token);
        ValueTask write = session.WriteAsync(Rows(5, 10), cancellation.Token);
        cancellation.CancelAfter(TimeSpan.FromMilliseconds(200));
        var watch = Stopwatch.StartNew();
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await write;
            await session.CommitAsync(runner.To("log/2"), cancellation.Token);
        });
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2.2));
    }

    [Fact]
    public async Task A_lock_that_is_held_too_long_is_told_by_its_code()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        await using IDestination destination = store.Open(o => o.LockTimeout = TimeSpan.FromMilliseconds(100));
        var runner = new LoadRunner(destination);
        await runner.RunAsync(Merge, "log/1", [Rows(1, 10)], cancellationToken: PostgreSqlStore.Token);
        await using var other = new NpgsqlConnection(store.Connection);
        await other.OpenAsync(PostgreSqlStore.Token);
        await using NpgsqlTransaction transaction = await other.BeginTransactionAsync(PostgreSqlStore.Token);
        await using (NpgsqlCommand command = new("LOCK TABLE _millrace_checkpoints", other, transaction))
        {
            await command.ExecuteNonQueryAsync(PostgreSqlStore.Token);
        }

        MillraceException error = await Should.ThrowAsync<MillraceException>(
            () => runner.RunAsync(Merge, "log/2", [Rows(5, 10)], cancellationToken: PostgreSqlStore.Token));
        error.Code.ShouldBe(ErrorCodes.LockConflict);
        error.IsTransient.ShouldBeTrue();
    }

    [Fact]
    public async Task A_replaced_table_keeps_its_grants_and_what_hangs_on_it()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        await store.ExecuteAsync("CREATE ROLE report");
        await using IDestination destination = store.Open();
        var runner = new LoadRunner(destination);
        var replace = new TableWrite(Schema, WriteDisposition.Replace);
        await runner.RunAsync(replace, "log/1", [Rows(1, 10)], completed: true, cancellationToken: PostgreSqlStore.Token);
        await store.ExecuteAsync("GRANT SELECT ON orders TO report");
        runner.Generation = 2;
        await runner.RunAsync(replace, "log/2", [Rows(1, 20)], completed: true, cancellationToken: PostgreSqlStore.Token);
        (await store.QueryAsync("SELECT has_table_privilege('report', 'orders', 'SELECT'), count(*) FROM orders")).Single().ShouldBe(["t", "20"]);

        await store.ExecuteAsync("CREATE VIEW seen AS SELECT _id FROM orders; CREATE INDEX by_a ON orders (a)");
        runner.Generation = 3;
        await runner.RunAsync(replace, "log/3", [Rows(1, 30)], completed: true, cancellationToken: PostgreSqlStore.Token);
        (await store.QueryAsync("SELECT has_table_privilege('report', 'orders', 'SELECT'), count(*) FROM seen")).Single().ShouldBe(["t", "30"]);
        (await store.QueryAsync("SELECT count(*) FROM pg_indexes WHERE indexname = 'by_a'")).Single()[0].ShouldBe("1");
        (await store.QueryAsync("SELECT count(*) FROM pg_class WHERE relname LIKE '%millrace_shadow%'")).Single()[0].ShouldBe("0");
    }

    [Theory]
    [InlineData("DO $do$ BEGIN EXECUTE 'CREATE FUNCTION how_many() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM orders; END'; END $do$", "SELECT how_many()", "20")]
    [InlineData("GRANT SELECT (a) ON orders TO {0}", "SELECT has_column_privilege('{0}', 'orders', 'a', 'SELECT')", "t")]
    [InlineData("CREATE STATISTICS both_of ON _id, a FROM orders", "SELECT count(*) FROM pg_statistic_ext WHERE stxname = 'both_of'", "1")]
    public async Task A_replaced_table_keeps_what_else_hangs_on_it(string made, string question, string answer)
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        string role = $"reader_{Guid.NewGuid():N}";
        await store.ExecuteAsync($"CREATE ROLE {role}");
        await using IDestination destination = store.Open();
        var runner = new LoadRunner(destination);
        var replace = new TableWrite(Schema, WriteDisposition.Replace);
        await runner.RunAsync(replace, "log/1", [Rows(1, 10)], completed: true, cancellationToken: PostgreSqlStore.Token);
        await store.ExecuteAsync(string.Format(null, made, role));
        runner.Generation = 2;
        await runner.RunAsync(replace, "log/2", [Rows(1, 20)], completed: true, cancellationToken: PostgreSqlStore.Token);
        (await store.QueryAsync(string.Format(null, question, role))).Single()[0].ShouldBe(answer);
        (await store.QueryAsync("SELECT count(*) FROM orders")).Single()[0].ShouldBe("20");
    }

    [Fact]
    public async Task A_table_that_Millrace_did_not_make_keeps_its_other_columns_and_rows()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        await store.ExecuteAsync("CREATE TABLE orders (_id varchar(20) PRIMARY KEY, a integer, note text DEFAULT 'mine'); INSERT INTO orders VALUES ('k000001', 0, 'kept'), ('own', 5, 'kept')");
        await using IDestination destination = store.Open();
        TargetTable table = (await destination.DescribeAsync(new("", "orders"), PostgreSqlStore.Token))!;
        table.IsManaged.ShouldBeFalse();
        table.Schema.Columns.Select(c => c.Name).ShouldBe(["_id", "a", "note"]);
        var runner = new LoadRunner(destination);
        TableWrite write = Merge with
        {
            Schema = Schema with { Columns = [Schema.Columns[0], new("a", LogicalType.Int32), Schema.Columns[2]] },
            DeleteMode = DeleteMode.Hard,
        };
        await runner.RunAsync(write, "log/1", [Rows(1, 2, asInt32: true)], cancellationToken: PostgreSqlStore.Token);
        runner.Generation = 2;
        await runner.RunAsync(write, "log/2", [Rows(2, 1, asInt32: true)], completed: true, cancellationToken: PostgreSqlStore.Token);
        IReadOnlyList<string?[]> rows = await store.QueryAsync("SELECT _id, a, note, b FROM orders ORDER BY _id");
        rows.Select(r => string.Join('|', r.Select(v => v ?? "-"))).ShouldBe(["k000002|2|mine|v", "own|5|kept|-"]);
    }

    private static RecordBatch Rows(int first, int count, bool asInt32 = false)
    {
        var key = (VarColumn)Column.Create(LogicalType.Text);
        Column a = Column.Create(asInt32 ? LogicalType.Int32 : LogicalType.Int64);
        var b = (VarColumn)Column.Create(LogicalType.Text);
        var positions = (VarColumn)Column.Create(LogicalType.Text);
        for (int i = first; i < first + count; i++)
        {
            key.Append(Encoding.UTF8.GetBytes($"k{i:D6}"));
            positions.Append(Encoding.UTF8.GetBytes($"p{i:D6}"));
            b.Append("v"u8);
            if (a is Column<int> narrow)
            {
                narrow.Append(i);
            }
            else
            {
                ((Column<long>)a).Append(i);
            }
        }

        return new(Schema with { Columns = [Schema.Columns[0], Schema.Columns[1] with { Type = a.Type }, Schema.Columns[2]] }, [key, a, b], count)
        {
            RowPositions = positions,
        };
    }
}
