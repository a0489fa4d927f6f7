using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;
using Shouldly;
using Xunit;

namespace Millrace.Testing.Conformance;

/// <summary>Rows that leave the quarantine do what they were to do, and no more.</summary>
public abstract partial class DestinationConformance
{
    /// <summary>A delete that is retried deletes by its key, and one that is older than the row does not.</summary>
    [Theory]
    [InlineData(DeleteMode.Hard)]
    [InlineData(DeleteMode.Soft)]
    public async Task A_delete_that_is_retried_deletes(DeleteMode mode)
    {
        TableWrite write = Write(Schema, mode: mode);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"), Insert(7, "k2", 2, "y"))], cancellationToken: Token);
        await KeepAsync(destination, runner, write, new(5, "k1", ChangeKind.Delete, null, null), new(6, "k2", ChangeKind.Delete, null, null));

        (await RetryAsync(destination, write)).ShouldBe(["", Newer]);

        (await StateAsync(write)).ShouldBe(mode == DeleteMode.Hard ? ["k2|2|y|live"] : ["k1|1|x|deleted", "k2|2|y|live"]);
        (await KeptAsync(destination)).ShouldBeEmpty();
    }

    /// <summary>A partial update that is retried leaves alone what it says nothing of, and empties what it empties.</summary>
    [Theory]
    [InlineData(MergeStrategy.Upsert)]
    [InlineData(MergeStrategy.DeleteInsert)]
    [InlineData(MergeStrategy.Scd2)]
    public async Task A_partial_update_that_is_retried_keeps_the_other_columns(MergeStrategy strategy)
    {
        TableWrite write = Write(Schema, strategy, DeleteMode.Hard);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(
            write, "log/1", [Batch(Insert(1, "k1", 1, "x"), Insert(1, "k2", 2, "y"), Insert(1, "k3", 3, "z"), Insert(9, "k4", 4, "w"))], cancellationToken: Token);
        await KeepAsync(
            destination,
            runner,
            write,
            new(5, "k1", ChangeKind.Update, 10, null, HasB: false),
            new(5, "k2", ChangeKind.Update, null, null, HasB: false),
            new(5, "k3", ChangeKind.Update, null, "whole"),
            new(5, "k4", ChangeKind.Update, 40, null, HasB: false));

        (await RetryAsync(destination, write)).ShouldBe(["", "", "", Newer]);

        (await StateAsync(write)).Where(r => r.EndsWith("live", StringComparison.Ordinal))
            .ShouldBe(["k1|10|x|live", "k2|-|y|live", "k3|-|whole|live", "k4|4|w|live"]);
    }

    /// <summary>A row that is older than the delete of its key does not bring the key back.</summary>
    [Fact]
    public async Task A_retried_row_does_not_outlive_its_delete()
    {
        TableWrite write = Write(Schema, mode: DeleteMode.Hard);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
        await KeepAsync(destination, runner, write, Insert(2, "k1", 2, "y"));
        await runner.RunAsync(write, "log/2", [Batch(new ModelEvent(3, "k1", ChangeKind.Delete, null, null))], cancellationToken: Token);

        (await RetryAsync(destination, write)).ShouldBe([Newer]);

        (await StateAsync(write)).ShouldBeEmpty();
    }

    /// <summary>A key that a later generation did not bring is gone; a row of before does not bring it back, whether that one is complete or not.</summary>
    [Theory]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Hard, true)]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Soft, false)]
    [InlineData(MergeStrategy.Scd2, DeleteMode.Hard, true)]
    public async Task A_retried_row_does_not_bring_back_what_a_later_generation_has_not(MergeStrategy strategy, DeleteMode mode, bool isComplete)
    {
        TableWrite write = Write(Schema, strategy, mode);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
        await KeepAsync(destination, runner, write, Insert(9, "gone", 10, "old"));
        runner.RunId = 2;
        runner.Generation = 2;
        await runner.RunAsync(write, "log/2", [Batch(Insert(2, "k1", 100, "new"))], isComplete, Token);
        await KeepAsync(destination, runner, write, Insert(10, "k9", 9, "of this one"));

        List<string> left = await RetryAsync(destination, write);

        left[0].ShouldStartWith("superseded: It is of generation 1, and the task is in generation 2");
        left[1].ShouldBe("");
        (await StateAsync(write)).Where(r => r.EndsWith("live", StringComparison.Ordinal)).ShouldBe(["k1|100|new|live", "k9|9|of this one|live"]);
        (await KeptAsync(destination)).ShouldBeEmpty();
    }

    /// <summary>What insert_only keeps of a key is of the generation that has the key still: it goes with the next delete, not with the generation before.</summary>
    [Theory]
    [InlineData(DeleteMode.Hard)]
    [InlineData(DeleteMode.Soft)]
    [InlineData(DeleteMode.Ignore)]
    public async Task Insert_only_keeps_the_rows_that_a_later_generation_has_too(DeleteMode mode)
    {
        TableWrite write = Write(Schema, MergeStrategy.InsertOnly, mode);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/7", [Batch(Insert(5, "k1", 1, "x"), Insert(6, "k2", 2, "y"), Insert(7, "k3", 3, "z"))], cancellationToken: Token);
        runner.RunId = 2;
        runner.Generation = 2;
        await runner.RunAsync(write, "log/2", [Batch(Insert(1, "k1", 100, "new"), Insert(2, "k3", 300, "new"))], true, Token);
        string[] gone = mode switch { DeleteMode.Hard => [], DeleteMode.Soft => ["k2|2|y|deleted"], _ => ["k2|2|y|live"] };
        (await StateAsync(write)).ShouldBe(["k1|1|x|live", .. gone, "k3|3|z|live"]);

        await runner.RunAsync(
            write, "log/4", [Batch(new ModelEvent(3, "k1", ChangeKind.Delete, null, null), new ModelEvent(4, "k3", ChangeKind.Update, 4, "later"))], cancellationToken: Token);
        string[] last = mode switch { DeleteMode.Hard => [], DeleteMode.Soft => ["k1|1|x|deleted"], _ => ["k1|1|x|live"] };
        (await StateAsync(write)).ShouldBe([.. last, .. gone, "k3|3|z|live"]);
    }

    /// <summary>Without checkpoints a task begins anew: a merge reads all there is, an append only what the source still has.</summary>
    [Theory]
    [InlineData(WriteDisposition.Merge)]
    [InlineData(WriteDisposition.Append)]
    public async Task A_row_kept_before_the_checkpoints_were_lost_is_superseded_where_all_is_read_again(WriteDisposition disposition)
    {
        bool isAppend = disposition == WriteDisposition.Append;
        TableWrite write = isAppend
            ? new(Schema with { Key = [] }, disposition) { DeleteMode = DeleteMode.Ignore }
            : Write(Schema, mode: DeleteMode.Hard);
        await using (IDestination first = Open())
        {
            var runner = new LoadRunner(first);
            await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
            await KeepAsync(first, runner, write, Insert(2, "k2", 2, "y"));
        }

        await ExecuteAsync("DROP TABLE _millrace_checkpoints");
        await using IDestination destination = Open();
        var again = new LoadRunner(destination) { Generation = isAppend ? 1 : 1 + await destination.LastGenerationAsync(Table, Token) };
        await again.RunAsync(write, "log/3", [Batch(Insert(3, "k3", 3, "z"))], cancellationToken: Token);

        List<string> left = await RetryAsync(destination, write);

        left[0].ShouldStartWith(isAppend ? "" : "superseded: It is of generation 1, and the task is in generation 2");
        (await LiveAsync()).ShouldBe(isAppend ? ["k1|1|x", "k2|2|y", "k3|3|z"] : ["k1|1|x", "k3|3|z"]);
        (await KeptAsync(destination)).ShouldBeEmpty();
    }

    /// <summary>What was in quarantine of a table that is emptied is outdated, of the same load too; what comes after is not.</summary>
    [Theory]
    [InlineData(DeleteMode.Hard, true)]
    [InlineData(DeleteMode.Soft, true)]
    [InlineData(DeleteMode.Hard, false)]
    [InlineData(DeleteMode.Soft, false)]
    [InlineData(DeleteMode.Ignore, false)]
    public async Task A_retried_row_does_not_outlive_the_drop_of_its_dataset(DeleteMode mode, bool isOneLoad)
    {
        TableWrite write = Write(Schema, mode: mode);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
        RecordBatch drop = new(Schema with { Columns = [], Key = [] }, [], 0) { Control = TableControl.DeleteAll };
        RecordBatch before = await KeptBatchAsync(destination, write, Insert(2, "k2", 2, "before"));
        RecordBatch after = await KeptBatchAsync(destination, write, Insert(3, "k3", 3, "after"));
        if (isOneLoad)
        {
            await runner.RunAsync(write, "log/2", [before, drop, after], cancellationToken: Token);
        }
        else
        {
            await runner.RunAsync(write, "log/2", [before], cancellationToken: Token);
            await runner.RunAsync(write, "log/3", [drop], cancellationToken: Token);
            await runner.RunAsync(write, "log/4", [after], cancellationToken: Token);
        }

        List<string> left = await RetryAsync(destination, write);

        left[0].ShouldStartWith(mode == DeleteMode.Ignore ? "" : "superseded: Every row of");
        left[1].ShouldBe("");
        (await StateAsync(write)).Where(r => r.EndsWith("live", StringComparison.Ordinal))
            .ShouldBe(mode == DeleteMode.Ignore ? ["k1|1|x|live", "k2|2|before|live", "k3|3|after|live"] : ["k3|3|after|live"]);
        (await KeptAsync(destination)).ShouldBeEmpty();
    }

    /// <summary>Of a row that was kept before generations were noted it is known only in the first one whether it is outdated.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_row_whose_generation_was_not_noted_stays_once_there_was_a_later_one(int generation)
    {
        TableWrite write = Write(Schema, mode: DeleteMode.Hard);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
        await KeepAsync(destination, runner, write, Insert(9, "k2", 10, "old"));
        runner.Generation = generation;
        await runner.RunAsync(write, "log/2", [Batch(Insert(10, "k1", 100, "new"))], completed: true, Token);
        await ExecuteAsync("ALTER TABLE \"_millrace_quarantine\" DROP COLUMN \"generation\"");
        await ExecuteAsync("UPDATE \"_millrace_layout\" SET \"version\" = 1");
        await using IDestination later = Open();

        (await RetryAsync(later, write)).Single().ShouldStartWith(generation == 1 ? "" : "MR1316: Which generation the row is of was not noted");

        (await KeptAsync(later)).Count().ShouldBe(generation == 1 ? 0 : 1);
        (await StateAsync(write)).ShouldBe(generation == 1 ? ["k1|100|new|live", "k2|10|old|live"] : ["k1|100|new|live"]);
    }

    /// <summary>Rows leave the quarantine for good: by id, by table, by task; those of other tasks stay.</summary>
    [Fact]
    public async Task Quarantined_rows_that_are_chosen_are_removed()
    {
        TableWrite write = Write(Schema);
        await using IDestination destination = Open();
        await ((IQuarantineStore)destination).RemoveAsync(new("job/task"), Token);
        await KeepAsync(destination, new LoadRunner(destination), write, Insert(1, "k1", 1, "x"), Insert(2, "k2", 2, "y"), Insert(3, "k3", 3, "z"));
        await KeepAsync(destination, new LoadRunner(destination, "job/other"), write, Insert(1, "k1", 1, "x"));
        var store = (IQuarantineStore)destination;
        long[] ids = [.. (await store.ListAsync("job/task", 10, Token)).Select(r => r.Id)];

        (await store.RemoveAsync(new("job/task") { Ids = [] }, Token)).ShouldBe(0);
        (await store.RemoveAsync(new("job/task") { Ids = [ids[1], 1000] }, Token)).ShouldBe(1);
        (await store.ListAsync("job/task", 10, Token)).Select(r => r.Id).ShouldBe([ids[0], ids[2]]);
        (await store.RemoveAsync(new("job/task") { Table = new(Table.Schema, "another") }, Token)).ShouldBe(0);
        (await store.RemoveAsync(new("job/task") { Table = Table, Ids = [ids[0]] }, Token)).ShouldBe(1);
        (await store.RemoveAsync(new("job/task"), Token)).ShouldBe(1);
        (await store.ListAsync(null, 10, Token)).ShouldHaveSingleItem().TaskKey.ShouldBe("job/other");
    }

    /// <summary>Where rows have no position, the run that wrote a row says whether a retried one is older.</summary>
    [Theory]
    [InlineData(MergeStrategy.Upsert)]
    [InlineData(MergeStrategy.DeleteInsert)]
    [InlineData(MergeStrategy.Scd2)]
    public async Task A_row_without_position_that_is_retried_does_not_replace_one_of_a_later_run(MergeStrategy strategy)
    {
        TableWrite write = Write(Schema, strategy, isChangeCapture: false);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"), Insert(1, "k2", 2, "y"))], cancellationToken: Token);
        runner.RunId = 2;
        await KeepAsync(destination, runner, write, Insert(2, "k1", 10, "old"), Insert(2, "k2", 20, "kept"));
        runner.RunId = 3;
        await runner.RunAsync(write, "log/3", [Batch(Insert(3, "k1", 100, "new"))], cancellationToken: Token);

        (await RetryAsync(destination, write)).ShouldBe([Newer, ""]);

        (await StateAsync(write)).Where(r => r.EndsWith("live", StringComparison.Ordinal)).ShouldBe(["k1|100|new|live", "k2|20|kept|live"]);
    }

    /// <summary>A later generation's snapshot begins before the former one's log, and its rows are newer all the same.</summary>
    [Theory]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Soft)]
    [InlineData(MergeStrategy.DeleteInsert, DeleteMode.Hard)]
    [InlineData(MergeStrategy.Scd2, DeleteMode.Soft)]
    public async Task A_retried_row_does_not_replace_one_of_a_later_generation(MergeStrategy strategy, DeleteMode mode)
    {
        TableWrite write = Write(Schema, strategy, mode);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"), Insert(1, "k2", 2, "y"))], cancellationToken: Token);
        await KeepAsync(destination, runner, write, Insert(9, "k1", 10, "old"), new(9, "k2", ChangeKind.Delete, null, null));
        runner.RunId = 2;
        runner.Generation = 2;
        await runner.RunAsync(write, "log/2", [Batch(Insert(2, "k1", 100, "new"), Insert(2, "k2", 200, "again"))], completed: true, Token);

        (await RetryAsync(destination, write)).ShouldAllBe(r => r.StartsWith("superseded: ", StringComparison.Ordinal));

        (await StateAsync(write)).Where(r => r.EndsWith("live", StringComparison.Ordinal)).ShouldBe(["k1|100|new|live", "k2|200|again|live"]);
        (await KeptAsync(destination)).ShouldBeEmpty();
    }

    /// <summary>A change that an append has no row for stays, and says why from then on.</summary>
    [Fact]
    public async Task An_append_refuses_a_partial_change_and_says_so_in_the_row()
    {
        TableWrite write = new(Schema, WriteDisposition.Append) { IsChangeCapture = true };
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
        await KeepAsync(destination, runner, write, new ModelEvent(5, "k1", ChangeKind.Update, 10, null, HasB: false), Insert(6, "k2", 2, "y"));

        (await RetryAsync(destination, write)).Select(r => r.Length > 0).ShouldBe([true, false]);

        (await KeptAsync(destination)).ShouldHaveSingleItem().ShouldStartWith("MR1316 ");
        (await QueryAsync($"SELECT \"_id\", \"a\" FROM {Quote(Table)} ORDER BY 1")).Select(r => string.Join('|', r)).ShouldBe(["k1|1", "k2|2"]);
    }

    /// <summary>What the source could not read has no key; it stays for the reason that it has.</summary>
    [Fact]
    public async Task A_row_that_was_never_read_keeps_its_reason()
    {
        TableWrite write = Write(Schema);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
        RejectedRow unread = new(Table, "log/2", ErrorCodes.ValueRefused, "The bytes are no text.", """{"$binary":"AAA="}""");
        using var carrier = new RecordBatch(new(Table, [], []), [], 0) { Rejected = [unread] };
        await runner.RunAsync(write, "log/2", [carrier], cancellationToken: Token);

        (await RetryAsync(destination, write)).ShouldHaveSingleItem().ShouldContain("The bytes are no text.");

        (await KeptAsync(destination)).ShouldBe([$"{ErrorCodes.ValueRefused.Id} The bytes are no text."]);
        (await StateAsync(write)).ShouldBe(["k1|1|x|live"]);
    }

    /// <summary>A table that was replaced since has no place for a row of before; where generations were not noted yet, its runs tell.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_row_of_before_a_replace_is_not_loaded(bool isNoted)
    {
        TableWrite write = new(Schema, WriteDisposition.Replace);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], completed: true, Token);
        await KeepAsync(destination, runner, write, Insert(2, "k2", 2, "y"), Insert(3, "k3", 3, "z"));
        (await RetryAsync(destination, write, 1)).ShouldBe([""]);
        runner.RunId = 2;
        runner.Generation = 2;
        await runner.RunAsync(write, "log/2", [Batch(Insert(3, "k3", 3, "new"))], completed: true, Token);

        if (!isNoted)
        {
            await ExecuteAsync("UPDATE \"_millrace_quarantine\" SET \"generation\" = NULL");
        }

        (await RetryAsync(destination, write)).Single().ShouldStartWith(isNoted ? "superseded: " : "MR1316: ");

        (await KeptAsync(destination)).Count().ShouldBe(isNoted ? 0 : 1);
        (await QueryAsync($"SELECT \"_id\", \"b\" FROM {Quote(Table)}")).Select(r => string.Join('|', r)).ShouldBe(["k3|new"]);
    }

    private static string Newer => $"superseded: What {Table} says of its key is newer, or the same.";

    private static async Task KeepAsync(IDestination destination, LoadRunner runner, TableWrite write, params ModelEvent[] events) =>
        await runner.RunAsync(
            write, $"log/kept {events[0].Position}", [await KeptBatchAsync(destination, write, events)], cancellationToken: Token);

    // Rows are kept as a run keeps them whose contract lets no table be made.
    private static async Task<RecordBatch> KeptBatchAsync(IDestination destination, TableWrite write, params ModelEvent[] events)
    {
        TaskDefinition task = TaskOf(write) with { Contract = SchemaContract.Default with { Tables = ContractMode.Quarantine } };
        TableShaper shaper = await TableShaper.CreateAsync(
            new(task, write.Schema.Table, destination.Naming, destination.Fit, _ => ValueTask.FromResult<TargetTable?>(null)));
        ShapedBatch shaped = await shaper.ShapeAsync(Batch(events));
        shaped.Rejected.Length.ShouldBe(events.Length);
        return new(new(write.Schema.Table, [], []), [], 0) { Rejected = shaped.Rejected };
    }

    // For each row why it was not loaded, empty where it was.
    private static async Task<List<string>> RetryAsync(IDestination destination, TableWrite write, int most = 100)
    {
        var retry = new QuarantineRetry(TaskOf(write), destination, TimeProvider.System);
        List<string> left = [];
        foreach (QuarantinedRow row in await ((IQuarantineStore)destination).ListAsync("job/task", most, Token))
        {
            left.Add($"{await retry.RetryAsync(row, row.RunId, Token)}");
        }

        return left;
    }

    private static async Task<IEnumerable<string>> KeptAsync(IDestination destination) =>
        (await ((IQuarantineStore)destination).ListAsync("job/task", 100, Token)).Select(r => $"{r.Row.Code.Id} {r.Row.Reason}");

    private static TaskDefinition TaskOf(TableWrite write) => new(
        "job/task",
        "job",
        "task",
        new("source", new(["orders"], []), write.IsChangeCapture ? ReplicationMethod.ChangeCapture : ReplicationMethod.FullRefresh),
        new("target", write.Schema.Table.ToString(), write.Disposition) { Strategy = write.Strategy, DeleteMode = write.DeleteMode });
}
