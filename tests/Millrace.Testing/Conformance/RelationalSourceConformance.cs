using System.Collections.Immutable;
using System.Globalization;
using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Config.Options;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;
using Shouldly;
using Xunit;

namespace Millrace.Testing.Conformance;

/// <summary>
/// What every relational source must do, in SQL that all engines take. An engine derives from it and says how it is opened and how a statement is run on it.
/// One instance, and one database of its own, a test.
/// </summary>
public abstract partial class RelationalSourceConformance : IAsyncLifetime
{
    /// <summary>The test's token.</summary>
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The connector.</summary>
    protected abstract IConnector Connector { get; }

    /// <summary>The connection to the test's database.</summary>
    protected abstract ConnectionSettings Connection { get; }

    /// <summary>The name of a type of instants with microseconds.</summary>
    protected virtual string Instant => "timestamp with time zone";

    /// <inheritdoc/>
    public abstract ValueTask InitializeAsync();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Runs statements on the database, beside the source.</summary>
    protected abstract Task ExecuteAsync(string sql);

    /// <summary>Settings of a task that reads a dataset whole.</summary>
    protected SourceSettings Whole(string dataset) =>
        new(Connection, "job/task", [dataset], ReplicationMethod.FullRefresh) { Selector = new([dataset], []), MayRepeat = true };

    /// <summary>Settings of a task that reads what is new of a dataset and appends it.</summary>
    protected SourceSettings New(string dataset, string cursor) => Whole(dataset) with
    {
        Method = ReplicationMethod.Incremental,
        CursorField = cursor,
        MayRepeat = false,
    };

    /// <summary>Settings with a query in the dataset's place.</summary>
    protected static SourceSettings Query(SourceSettings settings, string query, string? parameters = null) => settings with
    {
        Options = new RelationalSourceOptions { Query = query, Parameters = parameters is null ? null : new StructuredText(parameters) },
    };

    /// <summary>Runs that go on from each other.</summary>
    protected SourceRun Runs(SourceSettings settings) => new(_ => Connector.CreateSource(settings), "state");

    /// <summary>All rows of one run, as JSON.</summary>
    protected async Task<IReadOnlyList<string>> ReadAsync(SourceSettings settings)
    {
        SourceRun run = Runs(settings);
        await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);
        return [.. run.Rows.Select(RowOf)];
    }

    /// <summary>The JSON of a row that a run read.</summary>
    protected static string RowOf(string read) => read[read.IndexOf('{', StringComparison.Ordinal)..];

    /// <summary>The error of reading.</summary>
    protected Task<MillraceException> FailAsync(SourceSettings settings) =>
        Should.ThrowAsync<MillraceException>(() => Runs(settings).ReadAsync(ReadBudget.Unlimited, cancellationToken: Token));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Columns with their types, whether they may be null, and the key in its own order.</summary>
    [Fact]
    public async Task A_table_is_described()
    {
        await ExecuteAsync("CREATE TABLE orders (region varchar NOT NULL, id integer NOT NULL, total decimal(10,2), PRIMARY KEY (id, region))");

        ISource source = Connector.CreateSource(Whole("orders"));
        await using (source)
        {
            TableSchema schema = (await source.DescribeAsync(Token)).ShouldHaveSingleItem();
            schema.Table.ShouldBe(new TableId("", "orders"));
            schema.Key.ShouldBe(["id", "region"]);
            schema.Columns.Select(c => $"{c.Name} {c.Type} {c.Nullable}").ShouldBe(["region text False", "id int32 False", "total decimal(10,2) True"]);
        }

        DatasetInfo listed = (await Connector.DiscoverAsync(Connection, Token)).ShouldHaveSingleItem();
        listed.Name.ShouldBe("orders");
        listed.Schema.Key.ShouldBe(["id", "region"]);
        listed.Methods.ShouldBe([ReplicationMethod.FullRefresh, ReplicationMethod.Incremental]);
    }

    /// <summary>Tables of other schemas are named with them; Millrace's own are none that anybody reads.</summary>
    [Fact]
    public async Task All_tables_are_listed()
    {
        await ExecuteAsync("CREATE SCHEMA sales; CREATE TABLE sales.orders (id integer); CREATE TABLE plain (id integer); CREATE TABLE _millrace_checkpoints (id integer); CREATE VIEW seen AS SELECT 1 AS one");

        (await Connector.DiscoverAsync(Connection, Token)).Select(d => d.Name).Order(StringComparer.Ordinal).ShouldBe(["plain", "sales.orders", "seen"]);
        await ExecuteAsync("INSERT INTO sales.orders VALUES (7)");
        (await ReadAsync(Whole("sales.orders"))).ShouldBe(["""{"id":7}"""]);
        (await ReadAsync(Whole("seen"))).ShouldBe(["""{"one":1}"""]);
    }

    /// <summary>An empty table ends where it begins, and is not read again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_empty_table_has_an_end(bool hasKey)
    {
        await ExecuteAsync($"CREATE TABLE nothing (id integer {(hasKey ? "PRIMARY KEY" : "")}, ts {Instant})");

        foreach (SourceSettings settings in (SourceSettings[])[Whole("nothing"), New("nothing", "ts")])
        {
            SourceRun run = Runs(settings);
            await run.ReadAsync(ReadBudget.Unlimited, cancellationToken: Token);
            run.Rows.ShouldBeEmpty();
            run.Ends.ShouldAllBe(e => e.Until == null || e.Until == e.Last);
        }
    }

    /// <summary>The task's own columns alone, and those of the key; the filter is the engine's SQL and may end in a comment.</summary>
    [Fact]
    public async Task Fields_and_filter_are_the_servers_work()
    {
        await ExecuteAsync("CREATE TABLE orders (id integer PRIMARY KEY, region varchar, total integer); INSERT INTO orders VALUES (1, 'n', 10), (2, 's', 20), (3, 'n', 30)");

        (await ReadAsync(Whole("orders") with { Fields = ["total"], Filter = "region = 'n' -- north" })).ShouldBe(["""{"id":1,"total":10}""", """{"id":3,"total":30}"""]);
        MillraceException unknown = await FailAsync(Whole("orders") with { Fields = ["totl"] });
        unknown.Code.ShouldBe(ErrorCodes.ColumnNotFound);
        unknown.Fix.ShouldNotBeNull().ShouldContain("'total'");
        (await FailAsync(Whole("orders") with { Filter = "regoin = 'n'" })).Code.ShouldBe(ErrorCodes.SourceQueryFailed);
    }

    /// <summary>What is not there is told with what was probably meant.</summary>
    [Fact]
    public async Task A_table_that_is_not_there_is_told()
    {
        await ExecuteAsync("CREATE TABLE orders (id integer, b boolean)");

        MillraceException missing = await FailAsync(Whole("oders"));
        missing.Code.ShouldBe(ErrorCodes.DatasetNotFound);
        missing.Fix.ShouldNotBeNull().ShouldContain("'orders'");
        (await FailAsync(New("orders", "idd"))).Code.ShouldBe(ErrorCodes.ColumnNotFound);
        (await FailAsync(New("orders", "b"))).Code.ShouldBe(ErrorCodes.CursorUnusable);
        (await FailAsync(New("orders", "id") with { From = DateTimeOffset.UnixEpoch })).Code.ShouldBe(ErrorCodes.CursorUnusable);
    }

    /// <summary>A query's parameters are bound: what looks like SQL stays a text, and each takes the type that the query gives it.</summary>
    [Fact]
    public async Task A_query_gets_its_parameters_bound()
    {
        await ExecuteAsync("CREATE TABLE orders (id integer, region varchar, day date); INSERT INTO orders VALUES (1, 'n', '2026-01-01'), (2, 'o''; DROP TABLE orders --', '2026-02-01'), (3, NULL, '2026-03-01')");
        const string query = "SELECT id, region FROM orders WHERE (region = :region OR :region IS NULL) AND day >= :since AND id < :most -- the end";
        SourceSettings settings = Whole("mine");

        (await ReadAsync(Query(settings, query, """{"region":"o'; DROP TABLE orders --","since":"2026-01-15","most":3}""")))
            .ShouldBe(["""{"id":2,"region":"o'; DROP TABLE orders --"}"""]);
        (await ReadAsync(Query(settings, "SELECT id FROM orders WHERE day > :since ORDER BY id", """{"since":"2026-01-01"}"""))).ShouldBe(["""{"id":2}""", """{"id":3}"""]);
        (await ReadAsync(Query(settings, "SELECT id FROM orders WHERE region = :region", """{"region":null}"""))).ShouldBeEmpty();
        (await FailAsync(Query(settings, query, """{"region":"n"}"""))).Code.ShouldBe(ErrorCodes.SourceQueryFailed);
        (await FailAsync(Query(settings, "SELECT 1; SELECT 2"))).Code.ShouldBe(ErrorCodes.SourceQueryFailed);
        (await FailAsync(Query(settings, "SELECT nope FROM orders"))).Code.ShouldBe(ErrorCodes.SourceQueryFailed);
    }

    /// <summary>Read in any budgets, by a key of several columns, a table is what one run reads.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(50)]
    public async Task Budgets_split_a_copy_by_its_key(int rows)
    {
        await ExecuteAsync("CREATE TABLE pairs (a varchar, b decimal(12,3), c integer, PRIMARY KEY (a, b))");
        string values = string.Join(", ", Enumerable.Range(0, 90).Select(i => $"('{(char)('a' + (i * 7 % 5))}''\\', {Number(i % 18)}.{Number(i % 3)}, {Number(i)})"));
        await ExecuteAsync($"INSERT INTO pairs VALUES {values}");
        IReadOnlyList<string> whole = await ReadAsync(Whole("pairs"));
        whole.Count.ShouldBe(90);

        SourceRun run = Runs(Whole("pairs"));
        ReadBudget budget;
        int runs = 0;
        do
        {
            budget = new(rows, null, null, TimeProvider.System);
            await run.ReadAsync(budget, cancellationToken: Token);
            run.RowsOfRun.ShouldBeLessThanOrEqualTo(rows);
            (++runs).ShouldBeLessThan(200);
        }
        while (budget.Reached is not null);

        run.Rows.Select(RowOf).ShouldBe(whole);
    }

    /// <summary>A table without a key is one unit: a budget lets all of it in, and there is no position before its end.</summary>
    [Fact]
    public async Task A_table_without_a_key_is_one_unit()
    {
        await ExecuteAsync("CREATE TABLE bag (c integer); INSERT INTO bag VALUES (1), (1), (2), (NULL), (NULL)");

        SourceRun run = Runs(Whole("bag"));
        await run.ReadAsync(new(2, null, null, TimeProvider.System), cancellationToken: Token);
        run.Rows.Count.ShouldBe(5);
    }
}
