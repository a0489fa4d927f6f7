using Millrace.Catalog;
using Millrace.Catalog.Leases;
using Millrace.Catalog.Logs;
using Millrace.Catalog.Runs;
using Millrace.Catalog.Stores;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.Orchestration.Leases;
using Millrace.Testing.Servers;
using Npgsql;

namespace Millrace.IntegrationTests.Catalog;

public sealed class PostgreSqlCatalogTests(PostgreSqlFixture fixture) : CatalogConformance
{
    private const string OthersOfThisDatabase =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

    private static readonly LeaseHolder Me = new(1, "h", "m", 1, "1");

    private string Database => Place.Address.Split('|')[1];

    protected override async Task<CatalogPlace> CreateAsync() => CatalogPlaces.PostgreSql(await fixture.CreateDatabaseAsync());

    [Fact]
    public async Task A_connection_that_the_server_ends_is_made_anew_and_nothing_is_done_twice()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using ICatalog catalog = await Place.OpenAsync();
        long first = await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), ct);
        Lease lease = (await catalog.Leases.TryAcquireAsync("t", Me, TimeSpan.FromMinutes(1), null, ct)).Lease;

        await PostgreSqlServer.ExecuteAsync(Database, OthersOfThisDatabase);
        long second = await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), ct);
        bool renewed = await catalog.Leases.RenewAsync("t", lease.Token, TimeSpan.FromMinutes(1), ct);

        (first, second, renewed).ShouldBe((1, 2, true));
        (await catalog.Runs.ListAsync(new(10), ct)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_keeper_bears_a_catalog_that_is_away_until_its_lease_would_be_over()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        var time = new ManualTime();
        await using ICatalog catalog = await Place.OpenAsync();
        await using LeaseKeeper keeper = await LeaseKeeper.AcquireAsync(catalog.Leases, "t", Me, "Task t", TimeSpan.FromMinutes(1), time, ct);
        var settings = new NpgsqlConnectionStringBuilder(Database);
        string database = settings.Database!;
        settings.Database = "postgres";

        await PostgreSqlServer.ExecuteAsync(settings.ConnectionString, $"ALTER DATABASE {database} ALLOW_CONNECTIONS false");
        await PostgreSqlServer.ExecuteAsync(
            settings.ConnectionString, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        time.Advance(TimeSpan.FromSeconds(20));
        await PostgreSqlServer.ExecuteAsync(settings.ConnectionString, $"ALTER DATABASE {database} ALLOW_CONNECTIONS true");
        time.Advance(TimeSpan.FromSeconds(20));
        await UntilAsync(async () => await catalog.Leases.NowAsync(ct) > DateTimeOffset.UnixEpoch);
        bool lostEarly = keeper.Lost.IsCancellationRequested;

        await PostgreSqlServer.ExecuteAsync(settings.ConnectionString, $"ALTER DATABASE {database} ALLOW_CONNECTIONS false");
        await PostgreSqlServer.ExecuteAsync(
            settings.ConnectionString, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        await UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(20));
            return Task.FromResult(keeper.Lost.IsCancellationRequested);
        });
        await PostgreSqlServer.ExecuteAsync(settings.ConnectionString, $"ALTER DATABASE {database} ALLOW_CONNECTIONS true");

        lostEarly.ShouldBeFalse();
    }

    /// <summary>The commit itself fails, so that it cannot be known from here whether it took place.</summary>
    [Fact]
    public async Task What_may_have_been_committed_is_repeated_only_where_that_does_no_harm()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using ICatalog catalog = await Place.OpenAsync();
        long run = await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), ct);
        long log = await catalog.Logs.OpenAsync(run, null, ct);
        await PostgreSqlServer.ExecuteAsync(Database, """
            CREATE SEQUENCE metadata.commits;
            CREATE FUNCTION metadata.break() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('metadata.commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER b AFTER INSERT ON metadata.log_lines DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION metadata.break();
            CREATE CONSTRAINT TRIGGER b AFTER INSERT ON metadata.runs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION metadata.break();
            """);

        await catalog.Logs.AppendAsync(log, [new(1, DateTimeOffset.UnixEpoch, LogLevel.Info, "a"), new(2, DateTimeOffset.UnixEpoch, LogLevel.Info, "b")], ct);
        await PostgreSqlServer.ExecuteAsync(Database, "SELECT setval('metadata.commits', 1, false)");
        MillraceException error = await Should.ThrowAsync<MillraceException>(() => catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), ct).AsTask());

        (await catalog.Logs.ReadAsync(run, 10, ct)).Select(l => l.Line.Message).ShouldBe(["a", "b"]);
        (error.Code, error.IsTransient).ShouldBe((ErrorCodes.ConnectionLost, true));
    }

    /// <summary>The commit took place and its answer never came.</summary>
    [Fact]
    public async Task What_was_committed_while_the_connection_broke_is_not_done_twice()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        var settings = new NpgsqlConnectionStringBuilder(Database);
        await using var proxy = new LossyProxy(settings.Port);
        settings.Port = proxy.Port;
        await using ICatalog catalog = await CatalogStore.PostgreSql(settings.ConnectionString, "metadata").OpenAsync(ct);
        long run = await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), ct);
        long task = await catalog.Runs.StartTaskAsync(run, new("j/t", "t", "E", "{}"), ct);
        long log = await catalog.Logs.OpenAsync(run, null, ct);
        await catalog.Leases.FindAsync("t", ct);

        proxy.LoseNextCommit();
        LeaseAttempt lease = await catalog.Leases.TryAcquireAsync("t", Me, TimeSpan.FromMinutes(1), null, ct);
        proxy.LoseNextCommit();
        await catalog.Logs.AppendAsync(log, [new(1, DateTimeOffset.UnixEpoch, LogLevel.Info, "a"), new(2, DateTimeOffset.UnixEpoch, LogLevel.Info, "b")], ct);
        proxy.LoseNextCommit();
        var outcome = new TaskOutcome(10, 2000, 3, 2) { Tables = [new(new("raw", "orders"), 9, 1)], NewColumns = ["raw.orders.a int64"] };
        await catalog.Runs.EndTaskAsync(task, RunStatus.Succeeded, outcome, null, ct);
        proxy.LoseNextCommit();
        MillraceException unknown = await Should.ThrowAsync<MillraceException>(() => catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), ct).AsTask());

        proxy.Lost.ShouldBe(4);
        (lease.Acquired, lease.Lease.Token, lease.Lease.Holder).ShouldBe((true, 1, Me));
        (await catalog.Logs.ReadAsync(run, 10, ct)).Select(l => l.Line.Message).ShouldBe(["a", "b"]);
        TaskRunRecord read = (await catalog.Runs.TasksOfAsync(run, ct)).Single();
        (read.Tables.Single(), read.NewColumns.Single()).ShouldBe((("raw.orders", 9, 1), "raw.orders.a int64"));
        (unknown.Code, unknown.IsTransient).ShouldBe((ErrorCodes.ConnectionLost, true));
        (await catalog.Runs.ListAsync(new(10), ct)).Count.ShouldBe(2, "the run whose id nobody learned is there once, and ends as lost");
    }

    /// <summary>Nothing asks the clock of this machine: the one of the server is a quarter of a century off here, by a function of the same name.</summary>
    [Fact]
    public async Task Times_and_leases_go_by_the_server_s_clock()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await (await Place.OpenAsync()).DisposeAsync();
        await PostgreSqlServer.ExecuteAsync(Database, """
            CREATE SCHEMA skewed;
            CREATE FUNCTION skewed.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() - interval '9000 days' $$;
            """);
        var settings = new NpgsqlConnectionStringBuilder(Database) { SearchPath = "skewed, pg_catalog" };
        DateTimeOffset latest = TimeProvider.System.GetUtcNow().AddDays(-8999);
        await using ICatalog catalog = await CatalogStore.PostgreSql(settings.ConnectionString, "metadata").OpenAsync(ct);

        LeaseAttempt held = await catalog.Leases.TryAcquireAsync("t", Me, TimeSpan.FromMinutes(1), null, ct);
        LeaseAttempt refused = await catalog.Leases.TryAcquireAsync("t", Me with { RunId = 2 }, TimeSpan.FromMinutes(1), null, ct);
        await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), ct);

        (held.Acquired, refused.Acquired).ShouldBe((true, false));
        held.Lease.ExpiresAt.ShouldBeLessThan(latest);
        (await catalog.Leases.NowAsync(ct)).ShouldBeLessThan(latest);
        (await catalog.Runs.ListAsync(new(1), ct)).Single().StartedAt.ShouldBeLessThan(latest);
    }

    [Fact]
    public async Task What_PostgreSQL_s_text_cannot_hold_is_replaced_in_a_log_line()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using ICatalog catalog = await Place.OpenAsync();
        long run = await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), ct);
        long log = await catalog.Logs.OpenAsync(run, null, ct);

        await catalog.Logs.AppendAsync(log, [new(1, DateTimeOffset.UnixEpoch, LogLevel.Info, "a\0b\ud800c 🐢")], ct);

        (await catalog.Logs.ReadAsync(run, 10, ct)).Single().Line.Message.ShouldBe("a\ufffdb\ufffdc 🐢");
    }

    [Theory]
    [InlineData("Password=wrong-Zq17", "MR1202")]
    [InlineData("Database=nowhere", "MR1204")]
    [InlineData("Port=1", "MR1201")]
    [InlineData("Host=no.such.host.invalid", "MR1201")]
    public async Task A_catalog_that_cannot_be_reached_says_why_with_a_fix_and_no_secret(string change, string code)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        string wrong = new NpgsqlConnectionStringBuilder($"{Database};{change}").ConnectionString;

        foreach (Func<CatalogStore, Task> use in new Func<CatalogStore, Task>[] { s => s.OpenAsync(ct), s => s.OpenToReadAsync(ct), s => s.StatusAsync(ct), s => s.MigrateAsync(true, ct) })
        {
            MillraceException error = await Should.ThrowAsync<MillraceException>(() => use(CatalogStore.PostgreSql(wrong, "metadata")));
            (error.Code.Id, error.Code.Kind).ShouldBe((code, ErrorKind.Environment));
            error.Fix.ShouldNotBeNull();
            error.ConfigPath.ShouldBe("catalog.connection_string");
            error.ToString().ShouldNotContain("Zq17");
        }
    }

    [Fact]
    public async Task A_user_without_the_right_to_make_the_schema_is_told_and_needs_no_more_than_to_own_it()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await PostgreSqlServer.ExecuteAsync(Database, "DROP ROLE IF EXISTS worker; CREATE ROLE worker LOGIN PASSWORD 'worker-only'");
        var store = CatalogStore.PostgreSql(
            new NpgsqlConnectionStringBuilder(Database) { Username = "worker", Password = "worker-only" }.ConnectionString, "ops");

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => store.OpenAsync(ct));
        (await store.StatusAsync(ct)).Exists.ShouldBeFalse();
        await PostgreSqlServer.ExecuteAsync(Database, "CREATE SCHEMA ops AUTHORIZATION worker");
        await using (ICatalog catalog = await store.OpenAsync(ct))
        {
            (await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), ct)).ShouldBe(1);
        }

        (error.Code, error.ConfigPath).ShouldBe((ErrorCodes.PermissionDenied, "catalog.schema"));
        error.Fix!.ShouldContain("CREATE SCHEMA \"ops\" AUTHORIZATION worker");
        await PostgreSqlServer.ExecuteAsync(Database, "DROP SCHEMA ops CASCADE; DROP OWNED BY worker; DROP ROLE worker");
    }

    [Fact]
    public async Task Tables_of_something_else_in_the_schema_are_left_alone()
    {
        await PostgreSqlServer.ExecuteAsync(Database, "CREATE SCHEMA metadata; CREATE TABLE metadata.jobs (id int); INSERT INTO metadata.jobs VALUES (7)");

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => Place.OpenAsync());

        error.Fix!.ShouldContain("catalog.schema");
        (await Place.CountAsync("SELECT max(id) FROM metadata.jobs")).ShouldBe(7);
        (await Place.Store().StatusAsync(TestContext.Current.CancellationToken)).Exists.ShouldBeFalse();
    }

    [Fact]
    public async Task A_schema_s_name_is_quoted()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        var store = CatalogStore.PostgreSql(Database, """odd "name".'x""");
        await using ICatalog catalog = await store.OpenAsync(ct);

        (await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), ct)).ShouldBe(1);
        (await store.StatusAsync(ct)).Version.ShouldBe(Place.Dialect.Migrations.Length);
    }
}
