using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;
using Shouldly;
using Xunit;

namespace Millrace.Testing.Conformance;

/// <summary>The commit protocol.</summary>
public abstract partial class DestinationConformance
{
    /// <summary>Rows of a load that was not committed are not there, whichever way they travelled.</summary>
    [Fact]
    public async Task What_was_not_committed_is_not_there()
    {
        TableWrite write = Write(Schema);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        for (int attempt = 0; attempt < 2; attempt++)
        {
            await destination.PrepareAsync(runner.Request(write), Token);
            await using (IWriteSession session = await destination.BeginAsync(runner.Request(write), runner.Load, Token))
            {
                await WriteAsync(session, Insert(1 + attempt, "k1", 1, "x"));
                await WriteAsync(session, new ModelEvent(3 + attempt, "k2", ChangeKind.Update, 2, "y"));
            }

            (await StateAsync(write)).ShouldBe(attempt == 0 ? [] : ["k0|0|z|live"]);
            await runner.RunAsync(write, $"log/{attempt}", [Batch(Insert(6, "k0", 0, "z"))], cancellationToken: Token);
        }
    }

    /// <summary>The checkpoint is there with the rows, and another instance reads it.</summary>
    [Fact]
    public async Task A_checkpoint_is_stored_with_the_rows()
    {
        await using IDestination destination = Open();
        (await destination.CommittedAsync("job/task", Token)).ShouldBeEmpty();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(Write(Schema), "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);

        await using IDestination other = Open();
        (await other.CommittedAsync("job/task", Token)).ShouldBe([runner.Stored!]);
        (await other.CommittedAsync("job/other", Token)).ShouldBeEmpty();

        await other.ReplaceCheckpointsAsync("job/task", [runner.Stored! with { Position = new("log/0") }], Token);
        (await destination.CommittedAsync("job/task", Token)).Single().Position.Text.ShouldBe("log/0");
        await other.ReplaceCheckpointsAsync("job/task", [], Token);
        (await destination.CommittedAsync("job/task", Token)).ShouldBeEmpty();
    }

    /// <summary>A load that was committed already writes nothing the second time and says what is stored.</summary>
    [Fact]
    public async Task A_repeated_load_writes_nothing_and_says_what_is_stored()
    {
        TableWrite write = Write(Schema);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/5", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
        Checkpoint stored = runner.Stored!;

        runner.Stored = null;
        CommitOutcome outcome = await runner.RunAsync(write, "log/9", [Batch(Insert(9, "k9", 9, "z"))], cancellationToken: Token);

        outcome.AlreadyCommitted.ShouldBeTrue();
        outcome.Stored.ShouldBe([stored]);
        (await StateAsync(write)).ShouldBe(["k1|1|x|live"]);
    }

    /// <summary>A load whose checkpoint was moved by another is fenced, and writes nothing.</summary>
    [Fact]
    public async Task A_load_that_another_overtook_is_fenced()
    {
        TableWrite write = Write(Schema);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
        Checkpoint first = runner.Stored!;
        await runner.RunAsync(write, "log/2", [Batch(Insert(2, "k2", 2, "y"))], cancellationToken: Token);
        Checkpoint second = runner.Stored!;

        runner.Stored = first with { Load = new("0123"), Position = new("log/0") };
        MillraceException error = await Should.ThrowAsync<MillraceException>(
            () => runner.RunAsync(write, "log/3", [Batch(Insert(3, "k3", 3, "z"))], cancellationToken: Token));

        error.Code.ShouldBe(ErrorCodes.Fenced);
        (await destination.CommittedAsync("job/task", Token)).ShouldBe([second]);
        (await StateAsync(write)).ShouldBe(["k1|1|x|live", "k2|2|y|live"]);
    }

    /// <summary>Two that start from nothing at once: one wins, the other is fenced or told.</summary>
    [Fact]
    public async Task Of_two_first_loads_at_once_one_wins()
    {
        TableWrite write = Write(Schema);
        await using IDestination one = Open();
        await using IDestination two = Open();
        var runner = new LoadRunner(one);
        await one.PrepareAsync(runner.Request(write), Token);
        await two.PrepareAsync(runner.Request(write), Token);
        await using IWriteSession slow = await two.BeginAsync(runner.Request(write), new LoadId("ff"), Token);
        CommitRequest commit = runner.To("log/9");
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
        await WriteAsync(slow, Insert(9, "k9", 9, "z"));

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => slow.CommitAsync(commit, Token).AsTask());
        error.Code.ShouldBe(ErrorCodes.Fenced);
        (await StateAsync(write)).ShouldBe(["k1|1|x|live"]);
    }

    /// <summary>Rows with a NULL in the key, and rows that were rejected before, go to quarantine and can be listed and removed.</summary>
    [Fact]
    public async Task Rows_without_a_key_go_to_quarantine()
    {
        TableWrite write = Write(Schema);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await destination.PrepareAsync(runner.Request(write), Token);
        var key = (VarColumn)Column.Create(LogicalType.Text);
        key.Append("k1"u8);
        key.AppendNull();
        var a = (Column<long>)Column.Create(LogicalType.Int64);
        a.Append(1);
        a.Append(2);
        using var batch = new RecordBatch(Schema with { Columns = Schema.Columns[..2] }, [key, a], 2)
        {
            Position = new("log/7"),
            Rejected = [new(Table, "log/3", ErrorCodes.ValueRefused, "It's bad.", "{\"x\": \"a'b\"}")],
        };
        await using (IWriteSession session = await destination.BeginAsync(runner.Request(write), runner.Load, Token))
        {
            await session.WriteAsync(batch, Token);
            session.Quarantined.ShouldBe(2);
            (await session.CommitAsync(runner.To("log/7"), Token)).Quarantined.ShouldBe(2);
        }

        (await StateAsync(write)).ShouldBe(["k1|1|-|live"]);
        var store = (IQuarantineStore)destination;
        IReadOnlyList<QuarantinedRow> rows = await store.ListAsync("job/task", 10, Token);
        rows.Select(r => r.Row.Code.Id).ShouldBe([ErrorCodes.ValueRefused.Id, ErrorCodes.KeyMissing.Id]);
        rows[0].Row.Reason.ShouldBe("It's bad.");
        rows[0].Row.Raw.ShouldBe("{\"x\": \"a'b\"}");
        rows[1].Row.Position.ShouldBe("log/7");
        rows[1].Row.Raw.ShouldBe("{\"a\":2}");
        await using (IWriteSession session = await destination.BeginAsync(runner.Request(write), new LoadId("requeue"), Token))
        {
            await session.CommitAsync(new([]) { Requeued = [rows[0].Id] }, Token);
        }

        (await store.ListAsync(null, 10, Token)).Single().Id.ShouldBe(rows[1].Id);
        (await store.ListAsync("job/other", 10, Token)).ShouldBeEmpty();
    }

    /// <summary>What guards against late events of a generation goes when the next one is complete, and that one's guards stay.</summary>
    [Fact]
    public async Task The_guards_of_an_older_generation_go_with_it()
    {
        const string Guards = "SELECT \"generation\", \"key_text\" FROM \"_millrace_tombstones\" ORDER BY 1, 2";
        TableWrite write = Write(Schema, mode: DeleteMode.Hard);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"), Insert(2, "k2", 1, "x"))], cancellationToken: Token);
        await runner.RunAsync(write, "log/2", [Batch(new ModelEvent(3, "k1", ChangeKind.Delete, null, null))], cancellationToken: Token);
        runner.Generation = 2;
        await runner.RunAsync(
            write, "log/3", [Batch(Insert(4, "k3", 1, "x")), Batch(new ModelEvent(6, "k3", ChangeKind.Delete, null, null))], cancellationToken: Token);
        (await QueryAsync(Guards)).Select(r => string.Join('|', r)).ShouldBe(["1|k1", "2|k3"]);

        await runner.RunAsync(write, "log/4", [Batch(Insert(7, "k4", 1, "x"))], completed: true, Token);

        (await QueryAsync(Guards)).Select(r => string.Join('|', r)).ShouldBe(["2|k3"]);
        await runner.RunAsync(write, "log/5", [Batch(Insert(5, "k3", 1, "late"))], cancellationToken: Token);
        (await StateAsync(write)).ShouldBe(["k4|1|x|live"]);
    }

    /// <summary>Cancelling a load ends it with nothing written.</summary>
    [Fact]
    public async Task A_cancelled_load_leaves_nothing()
    {
        TableWrite write = Write(Schema);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
        await using (IWriteSession session = await destination.BeginAsync(runner.Request(write), runner.Load, Token))
        {
            await WriteAsync(session, Insert(2, "k2", 2, "y"));
            await Should.ThrowAsync<OperationCanceledException>(() => session.CommitAsync(runner.To("log/2"), new CancellationToken(true)).AsTask());
        }

        (await StateAsync(write)).ShouldBe(["k1|1|x|live"]);
        await runner.RunAsync(write, "log/2", [Batch(Insert(2, "k2", 2, "y"))], cancellationToken: Token);
        (await StateAsync(write)).ShouldBe(["k1|1|x|live", "k2|2|y|live"]);
    }

    /// <summary>A check that fails rolls the load back and keeps samples; one that holds lets it pass.</summary>
    [Theory]
    [InlineData(QualityCheckKind.NotNull, "b", "not_null [b]")]
    [InlineData(QualityCheckKind.Unique, "a", "unique [a]")]
    [InlineData(QualityCheckKind.AcceptedValues, "b", "accepted_values [b]")]
    [InlineData(QualityCheckKind.Sql, "", "sql '\"a\" < 5'")]
    [InlineData(QualityCheckKind.RowCount, "", "row_count")]
    public async Task A_failing_check_rolls_the_load_back(QualityCheckKind kind, string column, string name)
    {
        var check = new QualityCheck(kind, column.Length == 0 ? [] : [column]) { Values = ["x", "y"], Max = 2, Sql = kind == QualityCheckKind.Sql ? "\"a\" < 5" : null };
        TableWrite write = Write(Schema) with { Checks = [check] };
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"), Insert(2, "k2", 2, "y"))], cancellationToken: Token);

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => runner.RunAsync(
            write, "log/2", [Batch(Insert(3, "k3", 1, "x"), Insert(4, "k4", 9, null), Insert(5, "k5", 4, "no"))], cancellationToken: Token));

        error.Code.ShouldBe(ErrorCodes.CheckFailed);
        error.Message.ShouldContain(name);
        error.Fix!.Contains("Samples", StringComparison.Ordinal).ShouldBe(kind != QualityCheckKind.RowCount);
        if (kind == QualityCheckKind.RowCount)
        {
            error.Message.ShouldContain("failed: it wants at most 2 in a load, and this one has 3.");
        }

        (await StateAsync(write)).ShouldBe(["k1|1|x|live", "k2|2|y|live"]);
        IReadOnlyList<string?[]> failures = await QueryAsync("SELECT check_name, sample FROM \"_millrace_check_failures\"");
        failures.ShouldNotBeEmpty();
        failures.ShouldAllBe(f => f[0] == name);
        if (kind == QualityCheckKind.NotNull)
        {
            failures.Single()[1].ShouldBe("""{"_id":"k4","a":"9","b":null}""");
        }

        await runner.RunAsync(write, "log/2", [Batch(Insert(6, "k6", 3, "x"))], cancellationToken: Token);
        (await StateAsync(write)).Count.ShouldBe(3);
    }

    /// <summary>A check that the engine cannot run is told with the columns that it may be about.</summary>
    [Fact]
    public async Task A_check_of_a_column_that_is_not_there_is_told_with_those_that_are()
    {
        TableWrite write = Write(Schema) with { Checks = [new QualityCheck(QualityCheckKind.Sql, []) { Sql = "\"nope\" < 5" }] };
        await using IDestination destination = Open();

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => new LoadRunner(destination).RunAsync(
            write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token));

        error.Message.ShouldStartWith($"The check sql '\"nope\" < 5' of {Table} cannot be run. ");
        error.Fix.ShouldNotBeNull().ShouldContain("the table's columns, which are \"_id\", \"a\", \"b\".");
        error.ConfigPath.ShouldBe("checks");
    }

    /// <summary>An insert of the model.</summary>
    protected static ModelEvent Insert(int place, string key, long? a, string? b) => new(place, key, ChangeKind.Insert, a, b);

    /// <summary>A batch of the model's changes, with positions.</summary>
    protected static RecordBatch Batch(params ModelEvent[] events) => LoadRunner.Batch(Schema, events, withPositions: true);

    /// <summary>Writes changes as one batch.</summary>
    protected static async Task WriteAsync(IWriteSession session, params ModelEvent[] events)
    {
        ArgumentNullException.ThrowIfNull(session);
        using RecordBatch batch = Batch(events);
        await session.WriteAsync(batch, Token);
    }
}
