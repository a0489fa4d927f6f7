using Millrace.Connectors.DuckDb;
using Millrace.Connectors.PostgreSql;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Errors;
using Millrace.Testing.Servers;

namespace Millrace.IntegrationTests.Sql;

/// <summary>Millrace's own tables are brought to a newer layout step by step, or not at all.</summary>
public sealed class SystemLayoutTests(PostgreSqlFixture fixture) : IAsyncDisposable
{
    private static readonly Func<SystemTables, string> Same = SystemLayout.Current.Steps[0];
    private static readonly Func<SystemTables, string> AddNote = t => $"ALTER TABLE {t.Checkpoints} ADD COLUMN IF NOT EXISTS note text";
    private static readonly Func<SystemTables, string> FillNote = t => $"UPDATE {t.Checkpoints} SET note = 'filled'";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-layout-");

    private DuckDbFile? _file;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_file is not null)
        {
            await _file.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("duckdb", 0)]
    [InlineData("duckdb", 1)]
    [InlineData("postgresql", 0)]
    [InlineData("postgresql", 1)]
    public async Task An_older_store_is_upgraded_step_by_step(string engine, int from)
    {
        await using SqlChannel channel = await OpenAsync(engine);
        await OlderAsync(engine, channel, from);

        await Store(engine, Same, AddNote, FillNote).EnsureSystemTablesAsync(channel, Token);

        (await channel.QueryAsync("SELECT note FROM _millrace_checkpoints", Token)).ShouldHaveSingleItem().Text(0).ShouldBe("filled");
        (await VersionAsync(channel)).ShouldBe(3);
        await channel.ExecuteAsync("UPDATE _millrace_checkpoints SET note = 'mine'", Token);
        await Store(engine, Same, AddNote, FillNote).EnsureSystemTablesAsync(channel, Token);
        (await channel.QueryAsync("SELECT note FROM _millrace_checkpoints", Token)).ShouldHaveSingleItem().Text(0).ShouldBe("mine", "no step runs twice");
    }

    [Theory]
    [InlineData("duckdb")]
    [InlineData("postgresql")]
    public async Task A_step_that_fails_leaves_the_store_as_it_was(string engine)
    {
        await using SqlChannel channel = await OpenAsync(engine);
        await OlderAsync(engine, channel, 1);

        await Should.ThrowAsync<MillraceException>(
            () => Store(engine, Same, AddNote, _ => "UPDATE nowhere SET nothing = 1").EnsureSystemTablesAsync(channel, Token).AsTask());

        (await VersionAsync(channel)).ShouldBe(1);
        await Should.ThrowAsync<MillraceException>(() => channel.QueryAsync("SELECT note FROM _millrace_checkpoints", Token).AsTask());
    }

    [Theory]
    [InlineData("duckdb")]
    [InlineData("postgresql")]
    public async Task A_new_store_needs_no_step(string engine)
    {
        await using SqlChannel channel = await OpenAsync(engine);
        await Store(engine, _ => "UPDATE nowhere SET nothing = 1").EnsureSystemTablesAsync(channel, Token);
        (await VersionAsync(channel)).ShouldBe(1);
    }

    private static async Task OlderAsync(string engine, SqlChannel channel, int version)
    {
        await Store(engine, Same).EnsureSystemTablesAsync(channel, Token);
        await channel.ExecuteAsync("INSERT INTO _millrace_checkpoints VALUES ('t', 'log', 1, 'l', 'p/1', 1, now())", Token);
        if (version == 0)
        {
            await channel.ExecuteAsync("DROP TABLE _millrace_layout", Token);
        }
    }

    private static async Task<int> VersionAsync(SqlChannel channel) =>
        (await channel.QueryAsync("SELECT version FROM _millrace_layout", Token)).ShouldHaveSingleItem().Int(0);

    private static SqlStore Store(string engine, params Func<SystemTables, string>[] steps) => engine == "duckdb"
        ? new(DuckDbDialect.Instance, "main", "main", TimeProvider.System, new([.. steps]))
        : new(PostgreSqlDialect.Instance, "public", "public", TimeProvider.System, new([.. steps]));

    private async Task<SqlChannel> OpenAsync(string engine)
    {
        if (engine == "postgresql")
        {
            return await PostgreSqlChannel.OpenAsync(new PostgreSqlOptions { ConnectionString = await fixture.CreateDatabaseAsync() }, "prod", Token);
        }

        _file = await DuckDbFile.OpenAsync(new DuckDbOptions { Path = Path.Combine(_folder.FullName, "store.duckdb") }, TimeProvider.System, Token);
        return new DuckDbChannel(_file);
    }
}
