using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;
using Shouldly;
using Xunit;

namespace Millrace.Testing.Conformance;

/// <summary>Two tasks that would write one table.</summary>
public abstract partial class DestinationConformance
{
    /// <summary>Where either of two tasks removes rows that it did not bring, the second is refused before it changes the table.</summary>
    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(false, false, false)]
    public async Task A_table_that_another_task_keeps_is_refused(bool isFirstCapture, bool isSecondCapture, bool isRefused)
    {
        await using IDestination destination = Open();
        await LoadMarkedAsync(destination, "job/one", Write(Schema, isChangeCapture: isFirstCapture), "k1");
        await LoadMarkedAsync(destination, "job/one", Write(Schema, isChangeCapture: isFirstCapture), "k2");

        await using IDestination other = Open();
        TableSchema wider = Schema with { Columns = Schema.Columns.Add(new("c", LogicalType.Text, Source: "c")) };
        Func<Task> second = () => LoadMarkedAsync(other, "job/two", Write(wider, isChangeCapture: isSecondCapture), "k3");
        if (isRefused)
        {
            MillraceException refused = await second.ShouldThrowAsync<MillraceException>();
            refused.Code.ShouldBe(ErrorCodes.TableShared);
            refused.Message.ShouldContain("job/one");
            refused.Fix.ShouldNotBeNull().ShouldContain("id: job/one");
            (await second.ShouldThrowAsync<MillraceException>()).Code.ShouldBe(ErrorCodes.TableShared, "asked again");
            (await other.DescribeAsync(Table, Token))!.Schema.Columns.ShouldBe(Schema.Columns);
        }
        else
        {
            await second();
        }
    }

    /// <summary>Of two tasks that share a table, none may begin to remove rows that it did not bring.</summary>
    [Theory]
    [InlineData(true, WriteDisposition.Merge)]
    [InlineData(false, WriteDisposition.Replace)]
    public async Task A_task_that_shares_a_table_may_not_begin_to_keep_it(bool isChangeCapture, WriteDisposition disposition)
    {
        foreach (string task in new[] { "job/one", "job/two", "job/one" })
        {
            await using IDestination destination = Open();
            await LoadMarkedAsync(destination, task, Write(Schema, isChangeCapture: false), "k" + task);
        }

        await using IDestination changed = Open();
        TableWrite removing = Write(Schema, isChangeCapture: isChangeCapture) with { Disposition = disposition };
        MillraceException refused = await Should.ThrowAsync<MillraceException>(() => LoadMarkedAsync(changed, "job/one", removing, "k3"));

        refused.Code.ShouldBe(ErrorCodes.TableShared);
        refused.Message.ShouldContain("rows of task job/two");
    }

    /// <summary>A table that was dropped belongs to nobody.</summary>
    [Fact]
    public async Task A_dropped_table_may_be_taken_by_another_task()
    {
        await using (IDestination destination = Open())
        {
            await LoadMarkedAsync(destination, "job/one", Write(Schema), "k1");
        }

        await ExecuteAsync($"DROP TABLE {Quote(Table)}");
        await using IDestination other = Open();
        await LoadMarkedAsync(other, "job/two", Write(Schema), "k2");
        await using IDestination later = Open();
        await LoadMarkedAsync(later, "job/two", Write(Schema), "k3");
        (await QueryAsync($"SELECT \"_id\" FROM {Quote(Table)}")).Count.ShouldBe(2);
    }

    /// <summary>So does one whose new rows began to go straight in, and were staged from the first change on.</summary>
    [Fact]
    public async Task A_dropped_table_may_be_taken_by_a_load_that_turns_to_its_stage()
    {
        TableWrite write = Write(Schema);
        await using (IDestination destination = Open())
        {
            await LoadMarkedAsync(destination, "job/one", write, "k1");
        }

        await ExecuteAsync($"DROP TABLE {Quote(Table)}");
        await using IDestination other = Open();
        var two = new LoadRunner(other, "job/two");
        await other.PrepareAsync(two.Request(write), Token);
        await using (IWriteSession session = await other.BeginAsync(two.Request(write), two.Load, Token))
        {
            await WriteAsync(session, Insert(1, "k2", 1, "x"));
            await WriteAsync(session, new ModelEvent(2, "k2", ChangeKind.Update, 2, "y"));
            await session.CommitAsync(new([.. two.To("log/2").Checkpoints, (null, Marker("job/two", two.Load))]), Token);
        }

        (await StateAsync(write)).ShouldBe(["k2|2|y|live"]);
    }

    /// <summary>Of two tasks whose first loads overlap, the one that commits later is rolled back.</summary>
    [Fact]
    public async Task Of_two_first_loads_at_once_only_one_commits()
    {
        TableWrite write = Write(Schema);
        await using IDestination destination = Open();
        var one = new LoadRunner(destination, "job/one");
        await destination.PrepareAsync(one.Request(write), Token);
        await using (IWriteSession session = await destination.BeginAsync(one.Request(write), one.Load, Token))
        {
            await using (IDestination other = Open())
            {
                await LoadMarkedAsync(other, "job/two", write, "k2");
            }

            await WriteAsync(session, Insert(1, "k1", 1, "x"));
            CommitRequest commit = new([.. one.To("log/1").Checkpoints, (null, Marker("job/one", one.Load))]);
            MillraceException refused = await Should.ThrowAsync<MillraceException>(async () => await session.CommitAsync(commit, Token));
            refused.Code.ShouldBe(ErrorCodes.TableShared);
        }

        (await QueryAsync($"SELECT \"_id\" FROM {Quote(Table)}")).ShouldHaveSingleItem()[0].ShouldBe("k2");
    }

    private static Checkpoint Marker(string task, LoadId load) => new(task, TableMarker.PartitionOf(Table), 1, load, new("millrace.table/loaded"), 0);

    private static async Task LoadMarkedAsync(IDestination destination, string task, TableWrite write, string key)
    {
        IReadOnlyList<Checkpoint> stored = await destination.CommittedAsync(task, Token).ConfigureAwait(false);
        var runner = new LoadRunner(destination, task) { Stored = stored.SingleOrDefault(c => c.Partition == "log") };
        await destination.PrepareAsync(runner.Request(write), Token).ConfigureAwait(false);
        IWriteSession session = await destination.BeginAsync(runner.Request(write), runner.Load, Token).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await WriteAsync(session, Insert(1, key, 1, "x")).ConfigureAwait(false);
            List<(Checkpoint?, Checkpoint)> moves = [.. runner.To("log/" + key).Checkpoints];
            if (!stored.Any(c => TableMarker.TableOf(c.Partition) is not null))
            {
                moves.Add((null, Marker(task, runner.Load)));
            }

            await session.CommitAsync(new(moves), Token).ConfigureAwait(false);
        }
    }
}
