using System.Collections.Concurrent;
using Millrace.Connectors.DuckDb;
using Millrace.Connectors.PostgreSql;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Errors;
using Millrace.IntegrationTests.DuckDb;
using Millrace.IntegrationTests.Orchestration;
using Millrace.IntegrationTests.PostgreSql;
using Millrace.Testing.Fakes;
using Millrace.Testing.Servers;

namespace Millrace.IntegrationTests.Sql;

/// <summary>An append whose checkpoints are gone does not repeat its rows without a word.</summary>
public sealed class LostCheckpointsTests(PostgreSqlFixture fixture) : IDisposable
{
    private const int Rows = 10;

    private readonly DuckDbStore _file = new();
    private PostgreSqlStore? _server;

    public void Dispose() => _file.Dispose();

    [Theory]
    [InlineData("duckdb", "DELETE FROM _millrace_checkpoints")]
    [InlineData("duckdb", "DELETE FROM _millrace_checkpoints WHERE \"partition\" = 'log'")]
    [InlineData("duckdb", "DROP TABLE _millrace_checkpoints")]
    [InlineData("postgresql", "DELETE FROM _millrace_checkpoints")]
    [InlineData("postgresql", "DELETE FROM _millrace_checkpoints WHERE \"partition\" = 'log'")]
    [InlineData("postgresql", "DROP TABLE _millrace_checkpoints")]
    public async Task An_append_without_its_checkpoints_is_refused_until_somebody_says_what_is_meant(string engine, string loss)
    {
        await OpenAsync(engine);
        (await RunAsync(engine)).ShouldBeEmpty();
        (await RunAsync(engine)).ShouldBeEmpty();
        await ExecuteAsync(engine, loss);

        for (int i = 0; i < 2; i++)
        {
            MillraceException refused = await Should.ThrowAsync<MillraceException>(() => RunAsync(engine));
            refused.Code.ShouldBe(ErrorCodes.CheckpointsLost);
            refused.Fix.ShouldNotBeNull().ShouldContain("--full-refresh");
        }

        (await CountAsync(engine)).ShouldBe(Rows);
        (await RunAsync(engine, fullRefresh: true)).ShouldHaveSingleItem().ShouldContain("begins anew");
        (await CountAsync(engine)).ShouldBe(2 * Rows);
        (await RunAsync(engine)).ShouldBeEmpty();
        (await CountAsync(engine)).ShouldBe(2 * Rows);
    }

    [Theory]
    [InlineData("duckdb", "")]
    [InlineData("duckdb", " WHERE \"partition\" = 'log'")]
    [InlineData("postgresql", "")]
    [InlineData("postgresql", " WHERE \"partition\" = 'log'")]
    public async Task An_emptied_table_is_filled_again(string engine, string which)
    {
        await OpenAsync(engine);
        await RunAsync(engine);
        await ExecuteAsync(engine, $"DELETE FROM _millrace_checkpoints{which}; DELETE FROM a");

        (await RunAsync(engine)).ShouldBeEmpty();

        (await CountAsync(engine)).ShouldBe(Rows);
    }

    [Theory]
    [InlineData("duckdb")]
    [InlineData("postgresql")]
    public async Task A_reset_is_meant_and_told(string engine)
    {
        await OpenAsync(engine);
        await RunAsync(engine);
        await using (IDestination destination = Create(engine))
        {
            IReadOnlyList<Checkpoint> stored = await destination.CommittedAsync("job/t", PostgreSqlStore.Token);
            await destination.ReplaceCheckpointsAsync("job/t", CheckpointEditing.Reset(stored), PostgreSqlStore.Token);
        }

        (await RunAsync(engine)).ShouldHaveSingleItem().ShouldContain("once more");
        (await CountAsync(engine)).ShouldBe(2 * Rows);
        (await RunAsync(engine)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("duckdb")]
    [InlineData("postgresql")]
    public async Task A_task_under_another_name_is_told_whose_rows_it_joins(string engine)
    {
        await OpenAsync(engine);
        await RunAsync(engine);

        (await RunAsync(engine, key: "job/renamed")).ShouldHaveSingleItem().ShouldContain("set 'id: job/t'");
        (await RunAsync(engine, key: "job/renamed")).ShouldBeEmpty();
        (await CountAsync(engine)).ShouldBe(2 * Rows);
    }

    [Fact]
    public async Task A_task_that_appends_a_copy_each_time_goes_on()
    {
        await RunAsync("duckdb", method: ReplicationMethod.FullRefresh);
        await ExecuteAsync("duckdb", "DELETE FROM _millrace_checkpoints");
        (await RunAsync("duckdb", method: ReplicationMethod.FullRefresh)).ShouldBeEmpty();
        (await CountAsync("duckdb")).ShouldBe(2 * Rows);
    }

    private async Task OpenAsync(string engine) => _server = engine == "postgresql" ? await PostgreSqlStore.CreateAsync(fixture) : null;

    private async Task<List<string>> RunAsync(
        string engine, bool fullRefresh = false, string key = "job/t", ReplicationMethod method = ReplicationMethod.Incremental)
    {
        var notes = new NoteList();
        var task = new TaskDefinition(
            key, "job", "t", new("from", new(["a"], []), method), new("to", "{dataset}", WriteDisposition.Append) { DeleteMode = DeleteMode.Ignore });
        ScriptedChange[] script = [.. Enumerable.Range(0, Rows).Select(i => new ScriptedChange("a", $"k{i}", "v"))];
        var source = new FakeConnector
        {
            Source = _ => new ScriptedSource(new ConcurrentDictionary<string, IReadOnlyList<ScriptedChange>> { ["log"] = script }, 5, false) { GivesInserts = true },
        };
        var destination = new FakeConnector { Destination = _ => Create(engine) };
        var nowhere = new ConnectionSettings("fake", new object(), "");
        await new TaskEngine(task, source, destination, new(1, nowhere, nowhere, "") { Observer = notes, FullRefresh = fullRefresh }).RunAsync(PostgreSqlStore.Token);
        return notes.Texts;
    }

    private IDestination Create(string engine) => engine == "duckdb" ? _file.Open() : _server!.Open();

    private Task ExecuteAsync(string engine, string sql) => engine == "duckdb" ? _file.ExecuteAsync(sql) : _server!.ExecuteAsync(sql);

    private async Task<int> CountAsync(string engine) => int.Parse(engine == "duckdb"
        ? (await _file.RowsAsync("SELECT count(*) FROM a")).Single()
        : (await _server!.QueryAsync("SELECT count(*) FROM a")).Single()[0]!);
}
