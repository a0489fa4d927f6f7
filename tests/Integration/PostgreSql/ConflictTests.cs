using System.Collections.Concurrent;
using Millrace.Connectors.PostgreSql;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.IntegrationTests.Orchestration;
using Millrace.Testing.Fakes;
using Millrace.Testing.Servers;

namespace Millrace.IntegrationTests.PostgreSql;

/// <summary>A transaction that PostgreSQL rolls back for the sake of another (SQLSTATE 40P01, 40001) is tried again from the last commit.</summary>
public sealed class ConflictTests(PostgreSqlFixture fixture)
{
    private const int Rows = 20;

    /// <summary>Where rows go straight into the tables, the two hold a table each and wait for the other's; where they are staged, they meet at the commit.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_first_loads_of_the_same_tables_both_succeed(bool isDirect)
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        NoteList[] notes = [new(), new()];
        TaskCompletionSource[] written = [new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously)];
        Task<TaskOutcome>[] runs = [.. Enumerable.Range(0, 2).Select(i => Task.Run(() =>
        {
            // Each has rows in its first table, and so its lock, before either asks for the other's.
            Task Gate()
            {
                written[i].TrySetResult();
                return written[1 - i].Task;
            }

            string[] datasets = i == 0 ? ["a", "b"] : ["b", "a"];
            return Engine(store, $"job/{i}", [.. datasets.SelectMany(d => Changes(d, $"k{i}"))], RunLimits.None, notes[i], d => new GatedDestination(d, Gate), isDirect)
                .RunAsync(PostgreSqlStore.Token);
        }))];

        TaskOutcome[] outcomes = await Task.WhenAll(runs);

        outcomes.ShouldAllBe(o => o.Rows == 2 * Rows);
        (await store.QueryAsync("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)")).Single().ShouldBe([$"{2 * Rows}", $"{2 * Rows}"]);
        if (isDirect)
        {
            notes.SelectMany(n => n.Texts).ShouldContain(n => n.Contains("40P01"));
        }
    }

    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    public async Task A_run_that_is_rolled_back_a_few_times_commits_what_its_budget_allows(string state)
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        var script = Changes("a", "k");
        (await Engine(store, "job/t", script, new(3, null, null)).RunAsync(PostgreSqlStore.Token)).Rows.ShouldBe(3);
        await FailCommitsAsync(store, state, times: 3);
        var notes = new NoteList();

        TaskOutcome outcome = await Engine(store, "job/t", script, new(5, null, null), notes).RunAsync(PostgreSqlStore.Token);

        outcome.Rows.ShouldBe(5);
        outcome.LimitReached.ShouldBe("run_max_rows");
        (await store.QueryAsync("SELECT count(*) FROM a")).Single().ShouldBe(["8"]);
        notes.Texts.Count(n => n.Contains(state)).ShouldBe(3);
    }

    [Theory]
    [InlineData("40001", "MR1221", 5)]
    [InlineData("55P03", "MR1207", 0)]
    public async Task A_run_that_is_rolled_back_again_and_again_fails_and_keeps_its_last_commit(string state, string code, int retries)
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        var script = Changes("a", "k");
        await Engine(store, "job/t", script, new(3, null, null)).RunAsync(PostgreSqlStore.Token);
        await FailCommitsAsync(store, state, times: 1000);
        var notes = new NoteList();

        MillraceException error = await Should.ThrowAsync<MillraceException>(
            () => Engine(store, "job/t", script, RunLimits.None, notes).RunAsync(PostgreSqlStore.Token));

        error.Code.Id.ShouldBe(code);
        error.IsTransient.ShouldBeTrue();
        notes.Texts.Count(n => n.Contains(state)).ShouldBe(retries);
        (await store.QueryAsync("SELECT count(*) FROM a")).Single().ShouldBe(["3"]);
    }

    // A sequence counts on through roll-backs.
    private static Task FailCommitsAsync(PostgreSqlStore store, string state, int times) => store.ExecuteAsync(
        $"""
        CREATE SEQUENCE failures;
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF nextval('failures') <= {times} THEN
            RAISE EXCEPTION 'rolled back' USING ERRCODE = '{state}';
          END IF;
          RETURN NULL;
        END $$;
        CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON _millrace_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION fail()
        """);

    private static ScriptedChange[] Changes(string dataset, string prefix) =>
        [.. Enumerable.Range(0, Rows).Select(i => new ScriptedChange(dataset, $"{prefix}-{i:D3}", $"v{i}"))];

    private static TaskEngine Engine(
        PostgreSqlStore store,
        string key,
        ScriptedChange[] script,
        RunLimits limits,
        NoteList? notes = null,
        Func<IDestination, IDestination>? wrap = null,
        bool givesInserts = false)
    {
        var task = new TaskDefinition(
            key, "job", key, new("from", new(["a", "b"], []), ReplicationMethod.Incremental), new("to", "{dataset}", WriteDisposition.Merge) { DeleteMode = DeleteMode.Ignore })
        {
            Limits = limits,
        };
        var source = new FakeConnector
        {
            Source = _ => new ScriptedSource(new ConcurrentDictionary<string, IReadOnlyList<ScriptedChange>> { ["log"] = script }, 5, false)
            {
                GivesInserts = givesInserts,
            },
        };
        var destination = new FakeConnector { Destination = settings => (wrap ?? (d => d))(new PostgreSqlConnector().CreateDestination(settings)) };
        var connection = new ConnectionSettings("prod", new PostgreSqlOptions { ConnectionString = store.Connection }, "");
        RunContext context = new(1, connection, connection, "");
        return new(task, source, destination, notes is null ? context : context with { Observer = notes });
    }
}
