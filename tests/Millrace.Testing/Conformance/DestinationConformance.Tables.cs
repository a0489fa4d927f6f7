using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;
using Shouldly;
using Xunit;

namespace Millrace.Testing.Conformance;

/// <summary>Tables: how they are made, evolve, are replaced, emptied and completed.</summary>
public abstract partial class DestinationConformance
{
    /// <summary>Describe gives back what was prepared; preparing twice changes nothing.</summary>
    [Fact]
    public async Task A_prepared_table_is_described_as_it_was_asked_for()
    {
        TableWrite write = Write(Schema);
        await using IDestination destination = Open();
        (await destination.DescribeAsync(Table, Token)).ShouldBeNull();
        var runner = new LoadRunner(destination);
        await destination.PrepareAsync(runner.Request(write), Token);
        await destination.PrepareAsync(runner.Request(write), Token);

        TargetTable table = (await destination.DescribeAsync(Table, Token))!;
        table.IsEmpty.ShouldBeTrue();
        table.IsManaged.ShouldBeTrue();
        table.WideIntegers.ShouldBeEmpty();
        table.Schema.Table.ShouldBe(Table);
        table.Schema.Key.ShouldBe(["_id"]);
        table.Schema.Columns.ShouldBe(Schema.Columns);
    }

    /// <summary>Integers beyond ±2^53 are remembered, for their column can never become float64.</summary>
    [Fact]
    public async Task Integers_beyond_the_exact_range_of_floats_are_noted()
    {
        TableWrite write = Write(Schema);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1L << 53, "x"), Insert(2, "k2", -(1L << 53), "x"))], cancellationToken: Token);
        (await destination.DescribeAsync(Table, Token))!.WideIntegers.ShouldBeEmpty();
        await runner.RunAsync(write, "log/2", [Batch(Insert(3, "k3", (1L << 53) + 1, "x"))], cancellationToken: Token);
        (await destination.DescribeAsync(Table, Token))!.WideIntegers.ShouldBe(["a"]);
    }

    /// <summary>A column that appears in the middle of a load, staged or not, and a type that widens.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_table_evolves_in_the_middle_of_a_load(bool isStaged)
    {
        TableWrite write = Write(Schema);
        TableWrite wider = Write(Schema with
        {
            Columns =
            [
                Schema.Columns[0],
                Schema.Columns[1] with { Type = LogicalType.Float64 },
                Schema.Columns[2],
                new("c", LogicalType.Boolean, Source: "c"),
            ],
        });
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        if (isStaged)
        {
            await runner.RunAsync(write, "log/0", [Batch(Insert(0, "k0", 0, "z"))], cancellationToken: Token);
        }

        await destination.PrepareAsync(runner.Request(write), Token);
        await using (IWriteSession session = await destination.BeginAsync(runner.Request(write), runner.Load, Token))
        {
            await WriteAsync(session, Insert(1, "k1", 1, "x"));
            await session.EvolveAsync(wider, Token);
            using RecordBatch batch = WiderBatch(wider.Schema);
            await session.WriteAsync(batch, Token);
            await session.CommitAsync(runner.To("log/2"), Token);
        }

        IReadOnlyList<string?[]> rows = await QueryAsync(
            $"SELECT \"_id\", CAST(\"a\" AS decimal(10,2)), \"c\" FROM {Quote(Table)} WHERE \"_id\" <> 'k0' ORDER BY 1");
        rows.Select(r => $"{r[0]}|{r[1]}|{r[2]?[..1].ToLowerInvariant() ?? "-"}").ShouldBe(["k1|1.00|-", "k2|2.50|t"]);
        TargetTable table = (await destination.DescribeAsync(Table, Token))!;
        table.Schema.Columns.Select(c => c.Type).ShouldBe([LogicalType.Text, LogicalType.Float64, LogicalType.Text, LogicalType.Boolean]);
    }

    /// <summary>A replace over several loads shows the old rows until it is complete, and an abandoned one is forgotten.</summary>
    [Fact]
    public async Task A_replace_is_seen_when_it_is_complete()
    {
        var write = new TableWrite(Schema, WriteDisposition.Replace);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
        (await LiveAsync()).ShouldBeEmpty();
        await runner.RunAsync(write, "log/2", [Batch(Insert(2, "k2", 2, "y"), Insert(3, "k1", 3, "z"))], completed: true, cancellationToken: Token);
        (await LiveAsync()).ShouldBe(["k1|3|z", "k2|2|y"]);

        runner.Generation = 2;
        await runner.RunAsync(write, "log/3", [Batch(Insert(1, "k5", 5, "abandoned"))], cancellationToken: Token);
        runner.Generation = 3;
        await runner.RunAsync(write, "log/4", [Batch(Insert(1, "k6", 6, "v"))], cancellationToken: Token);
        (await LiveAsync()).ShouldBe(["k1|3|z", "k2|2|y"]);
        await runner.RunAsync(write, "log/5", [], completed: true, cancellationToken: Token);
        (await LiveAsync()).ShouldBe(["k6|6|v"]);

        // The same generation goes on after its swap: its rows are the table's.
        await runner.RunAsync(write, "log/6", [], completed: true, cancellationToken: Token);
        (await LiveAsync()).ShouldBe(["k6|6|v"]);

        (await destination.DescribeAsync(Table, Token))!.Schema.Columns.ShouldBe(Schema.Columns);
    }

    /// <summary>A complete generation without any row empties the table.</summary>
    [Fact]
    public async Task A_replace_by_nothing_empties_the_table()
    {
        var write = new TableWrite(Schema, WriteDisposition.Replace);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], completed: true, cancellationToken: Token);
        runner.Generation = 2;
        await destination.PrepareAsync(runner.Request(write), Token);
        await using (IWriteSession session = await destination.BeginAsync(runner.Request(), runner.Load, Token))
        {
            await session.CommitAsync(runner.To("log/2") with { Completed = [Table] }, Token);
        }

        (await LiveAsync()).ShouldBeEmpty();
        (await ShadowsAsync()).ShouldBeEmpty();
    }

    /// <summary>The next generation removes what an earlier one left beside its target.</summary>
    [Fact]
    public async Task A_replace_by_nothing_removes_a_shadow_that_was_left()
    {
        var write = new TableWrite(Schema, WriteDisposition.Replace);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await destination.PrepareAsync(runner.Request(write), Token);
        (await ShadowsAsync()).ShouldNotBeEmpty();
        runner.Generation = 2;
        await using (IWriteSession session = await destination.BeginAsync(runner.Request(), runner.Load, Token))
        {
            await session.CommitAsync(runner.To("log/2") with { Completed = [Table] }, Token);
        }

        (await ShadowsAsync()).ShouldBeEmpty();
    }

    private Task<IReadOnlyList<string?[]>> ShadowsAsync() =>
        QueryAsync("SELECT table_name FROM information_schema.tables WHERE table_name LIKE '%millrace_shadow'");

    /// <summary>A system table that somebody dropped is made again; without checkpoints a task begins anew, over rows of whatever generation.</summary>
    [Theory]
    [InlineData("_millrace_checkpoints", WriteDisposition.Merge)]
    [InlineData("_millrace_checkpoints", WriteDisposition.Replace)]
    [InlineData("_millrace_columns", WriteDisposition.Merge)]
    [InlineData("_millrace_tombstones", WriteDisposition.Merge)]
    [InlineData("_millrace_quarantine", WriteDisposition.Merge)]
    [InlineData("_millrace_check_failures", WriteDisposition.Merge)]
    public async Task A_dropped_system_table_is_made_again(string dropped, WriteDisposition disposition)
    {
        TableWrite write = disposition == WriteDisposition.Merge ? Write(Schema, mode: DeleteMode.Hard) : new(Schema, disposition);
        await using (IDestination first = Open())
        {
            var runner = new LoadRunner(first) { Generation = 3 };
            await runner.RunAsync(write, "log/9", [Batch(Insert(8, "k1", 1, "x"), Insert(9, "gone", 1, "x"))], completed: true, cancellationToken: Token);
        }

        await ExecuteAsync($"DROP TABLE {dropped}");

        await using IDestination destination = Open();
        IReadOnlyList<Checkpoint> committed = await destination.CommittedAsync("job/task", Token);
        bool isLost = dropped == "_millrace_checkpoints";
        committed.Count.ShouldBe(isLost ? 0 : 1);
        (await destination.LastGenerationAsync(Table, Token)).ShouldBe(3);
        var again = new LoadRunner(destination) { Generation = 1 + await destination.LastGenerationAsync(Table, Token), Stored = committed.SingleOrDefault() };
        await again.RunAsync(write, "log/2", [Batch(Insert(2, "k1", 2, "y"))], completed: true, cancellationToken: Token);
        (await LiveAsync()).ShouldBe(["k1|2|y"]);
        (await QueryAsync($"SELECT count(*) FROM {dropped}")).ShouldHaveSingleItem();
        (await destination.CommittedAsync("job/task", Token)).Count.ShouldBe(1);
    }

    /// <summary>Appended rows stay as they came, repeats too.</summary>
    [Fact]
    public async Task Appended_rows_all_stay()
    {
        var write = new TableWrite(Schema with { Key = [] }, WriteDisposition.Append) { DeleteMode = DeleteMode.Ignore };
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination) { RunId = 7 };
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"), Insert(2, "k1", 1, "x"))], cancellationToken: Token);
        await runner.RunAsync(write, "log/2", [Batch(Insert(3, "k1", 1, "x"))], cancellationToken: Token);
        (await LiveAsync()).ShouldBe(["k1|1|x", "k1|1|x", "k1|1|x"]);
        (await QueryAsync($"SELECT DISTINCT \"_millrace_run_id\" FROM {Quote(Table)}")).Single()[0].ShouldBe("7");
    }

    /// <summary>After a resnapshot rows that it did not bring go by the delete mode; those it brought stay.</summary>
    [Theory]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Hard)]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Soft)]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Ignore)]
    [InlineData(MergeStrategy.Scd2, DeleteMode.Hard)]
    public async Task A_resnapshot_removes_rows_of_older_generations(MergeStrategy strategy, DeleteMode mode)
    {
        TableWrite write = Write(Schema, strategy, mode);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/9", [Batch(Insert(8, "k1", 1, "x"), Insert(9, "k2", 2, "y"))], cancellationToken: Token);
        runner.Generation = 2;
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], completed: true, cancellationToken: Token);
        string gone = strategy == MergeStrategy.Scd2 ? "closed" : mode == DeleteMode.Soft ? "deleted" : "live";
        string[] expected = strategy == MergeStrategy.Upsert && mode == DeleteMode.Hard ? ["k1|1|x|live"] : ["k1|1|x|live", $"k2|2|y|{gone}"];
        (await StateAsync(write)).ShouldBe(expected);
    }

    /// <summary>A drop of the dataset acts on the rows before it, also those of the same load, and not on those after it.</summary>
    [Theory]
    [InlineData(DeleteMode.Hard, false)]
    [InlineData(DeleteMode.Hard, true)]
    [InlineData(DeleteMode.Soft, false)]
    [InlineData(DeleteMode.Soft, true)]
    [InlineData(DeleteMode.Ignore, true)]
    public async Task A_table_control_acts_on_the_rows_before_it(DeleteMode mode, bool isStaged)
    {
        TableWrite write = Write(Schema, mode: mode);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        if (isStaged)
        {
            await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k0", 0, "z"))], cancellationToken: Token);
        }

        RecordBatch control = new(Schema with { Columns = [], Key = [] }, [], 0) { Control = TableControl.DeleteAll };
        await runner.RunAsync(
            write, "log/9", [Batch(Insert(2, "k1", 1, "x"), Insert(3, "k2", 2, "y")), control, Batch(Insert(5, "k2", 3, "new"), Insert(6, "k3", 4, "w"))], cancellationToken: Token);
        List<string> expected = mode switch
        {
            DeleteMode.Hard => [],
            DeleteMode.Soft => isStaged ? ["k0|0|z|deleted", "k1|1|x|deleted"] : ["k1|1|x|deleted"],
            _ => ["k0|0|z|live", "k1|1|x|live"],
        };
        (await StateAsync(write)).ShouldBe([.. expected, "k2|3|new|live", "k3|4|w|live"]);
    }

    /// <summary>A dataset that is dropped and made again with further fields, all in one load.</summary>
    [Theory]
    [InlineData(DeleteMode.Hard, false)]
    [InlineData(DeleteMode.Hard, true)]
    [InlineData(DeleteMode.Soft, false)]
    [InlineData(DeleteMode.Soft, true)]
    public async Task A_table_evolves_after_a_table_control(DeleteMode mode, bool isStaged)
    {
        TableWrite write = Write(Schema, mode: mode);
        TableWrite wider = Write(
            Schema with { Columns = [Schema.Columns[0], Schema.Columns[1] with { Type = LogicalType.Float64 }, Schema.Columns[2], new("c", LogicalType.Boolean, Source: "c")] },
            mode: mode);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        if (isStaged)
        {
            await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k0", 0, "z"), Insert(2, "k1", 0, "old"))], cancellationToken: Token);
        }

        await destination.PrepareAsync(runner.Request(write), Token);
        await using (IWriteSession session = await destination.BeginAsync(runner.Request(write), runner.Load, Token))
        {
            await WriteAsync(session, Insert(3, "k1", 1, "x"));
            using RecordBatch control = new(Schema with { Columns = [], Key = [] }, [], 0) { Control = TableControl.DeleteAll };
            await session.WriteAsync(control, Token);
            await session.EvolveAsync(wider, Token);
            using RecordBatch batch = WiderBatch(wider.Schema);
            await session.WriteAsync(batch, Token);
            await session.CommitAsync(runner.To("log/9"), Token);
        }

        string[] gone = mode == DeleteMode.Hard ? [] : isStaged ? ["k0|0|z|deleted", "k1|1|x|deleted"] : ["k1|1|x|deleted"];
        (await StateAsync(wider)).Select(r => r.Replace(".0", "", StringComparison.Ordinal)).Where(r => !r.StartsWith("k2", StringComparison.Ordinal)).ShouldBe(gone);
        (await QueryAsync($"SELECT \"_id\" FROM {Quote(Table)} WHERE {IsTrue("\"c\"")}")).Single()[0].ShouldBe("k2");
    }

    /// <summary>Dropped and made again several times in one load, with many rows and with further fields each time.</summary>
    [Theory]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Hard, false)]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Soft, false)]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Hard, true)]
    [InlineData(MergeStrategy.Upsert, DeleteMode.Soft, true)]
    [InlineData(MergeStrategy.InsertOnly, DeleteMode.Hard, false)]
    [InlineData(MergeStrategy.InsertOnly, DeleteMode.Soft, true)]
    [InlineData(MergeStrategy.Scd2, DeleteMode.Hard, false)]
    [InlineData(MergeStrategy.Scd2, DeleteMode.Soft, true)]
    public async Task A_table_evolves_after_each_of_several_controls(MergeStrategy strategy, DeleteMode mode, bool besideNewTable)
    {
        TableWrite write = Write(Schema, strategy, mode);
        TableSchema otherSchema = Schema with { Table = new("Sh.op", "others") };
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k0", 0, "z"))], cancellationToken: Token);
        await destination.PrepareAsync(runner.Request(Write(otherSchema, mode: mode)), Token);
        await using (IWriteSession session = await destination.BeginAsync(runner.Request(write, Write(otherSchema, mode: mode)), runner.Load, Token))
        {
            int position = 1000;
            for (int round = 0; round < 4; round++)
            {
                await WriteAsync(session, [.. Enumerable.Range(0, 4000).Select(i => Insert(position++, $"k{i % 3000}", i, "x"))]);
                await WriteAsync(session, [.. Enumerable.Range(0, 500).Select(i => new ModelEvent(position++, $"k{i}", ChangeKind.Delete, null, null))]);
                if (besideNewTable && round == 1)
                {
                    // What went straight into a new table makes the load's transaction begin here: after rows were staged.
                    using RecordBatch others = LoadRunner.Batch(otherSchema, [Insert(999, "o1", 1, "x")], true);
                    await session.WriteAsync(others, Token);
                    using RecordBatch gone = new(otherSchema with { Columns = [], Key = [] }, [], 0) { Control = TableControl.DeleteAll };
                    await session.WriteAsync(gone, Token);
                }
                using RecordBatch control = new(Schema with { Columns = [], Key = [] }, [], 0) { Control = TableControl.DeleteAll };
                await session.WriteAsync(control, Token);
                write = write with
                {
                    Schema = write.Schema with { Columns = [.. write.Schema.Columns, new($"c{round}", LogicalType.Boolean, Source: $"c{round}")] },
                };
                await session.EvolveAsync(write, Token);
            }

            await WriteAsync(session, Insert(position, "k1", 1, "last"));
            await session.CommitAsync(runner.To("log/99999"), Token);
        }

        (await StateAsync(write)).Where(r => r.EndsWith("live", StringComparison.Ordinal)).ShouldBe(["k1|1|last|live"]);
    }

    /// <summary>A control on one table, then rows of another and then of the first: no table's stream may be in another's way.</summary>
    [Fact]
    public async Task A_table_control_leaves_other_tables_alone()
    {
        TableSchema otherSchema = Schema with { Table = new("Sh.op", "others") };
        TableWrite write = Write(Schema, mode: DeleteMode.Hard);
        TableWrite other = Write(otherSchema, mode: DeleteMode.Hard);
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k0", 0, "z"))], cancellationToken: Token);
        await runner.RunAsync(other, "log/2", [LoadRunner.Batch(otherSchema, [Insert(2, "o0", 0, "z")], true)], cancellationToken: Token);
        await using (IWriteSession session = await destination.BeginAsync(runner.Request(write, other), runner.Load, Token))
        {
            using RecordBatch control = new(Schema with { Columns = [], Key = [] }, [], 0) { Control = TableControl.DeleteAll };
            await session.WriteAsync(control, Token);
            using RecordBatch others = LoadRunner.Batch(otherSchema, [Insert(3, "o1", 1, "x")], true);
            await session.WriteAsync(others, Token);
            await WriteAsync(session, Insert(4, "k1", 1, "x"));
            await session.CommitAsync(runner.To("log/9"), Token);
        }

        (await StateAsync(write)).ShouldBe(["k1|1|x|live"]);
        (await StateAsync(other)).ShouldBe(["o0|0|z|live", "o1|1|x|live"]);
    }

    /// <summary>The children of a changed parent are replaced, those of others stay, and an older change of the parent does nothing.</summary>
    [Fact]
    public async Task Children_are_replaced_with_their_parent()
    {
        var schema = new TableSchema(
            new("Sh.op", "lines"), [new("parent", LogicalType.Text), new("index", LogicalType.Int64), new("v", LogicalType.Int64)], ["parent", "index"]);
        TableWrite write = Write(schema) with { ParentKey = ["parent"] };
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(
            write, "log/1", [Children(schema, ("p1", 1, [10, 11, 12]), ("p2", 2, [20]), ("p3", 3, [30]))], cancellationToken: Token);
        (await ChildrenAsync()).ShouldBe(["p1|0|10", "p1|1|11", "p1|2|12", "p2|0|20", "p3|0|30"]);
        await runner.RunAsync(
            write, "log/2", [Children(schema, ("p1", 4, [1, 2]), ("p1", 5, [99]), ("p3", 6, [])), Children(schema, ("p2", 1, [7]))], cancellationToken: Token);
        (await ChildrenAsync()).ShouldBe(["p1|0|99", "p2|0|20"]);
        await runner.RunAsync(write, "log/3", [Children(schema, ("p3", 5, [31]), ("p1", 5, [98]))], cancellationToken: Token);
        (await ChildrenAsync()).ShouldBe(["p1|0|99", "p2|0|20"]);

        async Task<List<string>> ChildrenAsync() =>
            [.. (await QueryAsync($"SELECT \"parent\", \"index\", \"v\" FROM {Quote(schema.Table)} ORDER BY 1, 2")).Select(r => string.Join('|', r))];
    }

    /// <summary>A key that gets a second type: rows, staged rows and tombstones move to the canonical key.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_table_is_rekeyed(bool inLoad)
    {
        TableWrite before = Write(Schema, mode: DeleteMode.Hard);
        TableWrite after = Write(
            Schema with { Columns = [.. Schema.Columns, new(SystemColumns.Key, LogicalType.Text)], Key = [SystemColumns.Key] }, mode: DeleteMode.Hard) with
        {
            RekeyFrom = "_id",
        };
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        await runner.RunAsync(before, "log/1", [Batch(Insert(1, "k1", 1, "x"), Insert(2, "k2", 2, "y"))], cancellationToken: Token);
        await runner.RunAsync(before, "log/2", [Batch(new ModelEvent(5, "k2", ChangeKind.Delete, null, null))], cancellationToken: Token);
        await using (IWriteSession session = await destination.BeginAsync(runner.Request(inLoad ? before : after), runner.Load, Token))
        {
            if (inLoad)
            {
                await WriteAsync(session, Insert(6, "k1", 6, "staged"), Insert(7, "k4", 7, "staged"));
                await session.EvolveAsync(after, Token);
            }
            else
            {
                await destination.PrepareAsync(runner.Request(after), Token);
            }

            using RecordBatch batch = Keyed(after.Schema, Insert(8, "k1", 8, "new"), Insert(3, "k2", 3, "late"), Insert(9, "k3", 9, "z"));
            await session.WriteAsync(batch, Token);
            await session.CommitAsync(runner.To("log/3"), Token);
        }

        string[] staged = inLoad ? ["k4|7|staged|s:k4"] : [];
        IReadOnlyList<string?[]> rows = await QueryAsync($"SELECT \"_id\", \"a\", \"b\", \"{SystemColumns.Key}\" FROM {Quote(Table)} ORDER BY 1");
        rows.Select(r => string.Join('|', r)).ShouldBe(["k1|8|new|s:k1", "k3|9|z|s:k3", .. staged]);
        (await destination.DescribeAsync(Table, Token))!.Schema.Key.ShouldBe([SystemColumns.Key]);
    }

    private static RecordBatch Keyed(TableSchema schema, params ModelEvent[] events)
    {
        RecordBatch plain = Batch(events);
        var key = (VarColumn)Column.Create(LogicalType.Text);
        foreach (ModelEvent change in events)
        {
            key.Append(System.Text.Encoding.UTF8.GetBytes("s:" + change.Key));
        }

        return new(schema, [.. plain.Columns, key], events.Length) { Changes = plain.Changes, RowPositions = plain.RowPositions };
    }

    private static RecordBatch Children(TableSchema schema, params (string Parent, int Place, long[] Values)[] parents)
    {
        var parent = (VarColumn)Column.Create(LogicalType.Text);
        var index = (Column<long>)Column.Create(LogicalType.Int64);
        var value = (Column<long>)Column.Create(LogicalType.Int64);
        var positions = (VarColumn)Column.Create(LogicalType.Text);
        List<ChangeKind> changes = [];
        foreach ((string name, int place, long[] values) in parents)
        {
            for (int i = -1; i < values.Length; i++)
            {
                parent.Append(System.Text.Encoding.UTF8.GetBytes(name));
                positions.Append(System.Text.Encoding.UTF8.GetBytes($"log/{place:D6}"));
                changes.Add(i < 0 ? ChangeKind.Delete : ChangeKind.Insert);
                if (i < 0)
                {
                    index.AppendNull();
                    value.AppendNull();
                }
                else
                {
                    index.Append(i);
                    value.Append(values[i]);
                }
            }
        }

        return new(schema, [parent, index, value], changes.Count) { Changes = changes.ToArray(), RowPositions = positions };
    }

    private static RecordBatch WiderBatch(TableSchema schema)
    {
        var key = (VarColumn)Column.Create(LogicalType.Text);
        var a = (Column<double>)Column.Create(LogicalType.Float64);
        var c = (Column<bool>)Column.Create(LogicalType.Boolean);
        var positions = (VarColumn)Column.Create(LogicalType.Text);
        key.Append("k2"u8);
        a.Append(2.5);
        c.Append(true);
        positions.Append("log/000002"u8);
        return new(schema with { Columns = [schema.Columns[0], schema.Columns[1], schema.Columns[3]] }, [key, a, c], 1) { RowPositions = positions };
    }

    private async Task<List<string>> LiveAsync()
    {
        IReadOnlyList<string?[]> rows = await QueryAsync($"SELECT \"_id\", \"a\", \"b\" FROM {Quote(Table)}");
        return [.. rows.Select(r => string.Join('|', r.Select(v => v ?? "-"))).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task A_row_that_comes_back_after_soft_deletes_were_given_up_is_live()
    {
        await using IDestination destination = Open();
        var runner = new LoadRunner(destination);
        TableWrite soft = Write(Schema);
        await runner.RunAsync(soft, "log/1", [Batch(Insert(1, "k1", 1, "x"), Insert(2, "k2", 1, "x"))], cancellationToken: Token);
        await runner.RunAsync(soft, "log/3", [Batch(new ModelEvent(3, "k1", ChangeKind.Delete, null, null))], cancellationToken: Token);
        await runner.RunAsync(Write(Schema, mode: DeleteMode.Hard), "log/4", [Batch(Insert(4, "k1", 2, "y"))], cancellationToken: Token);
        (await StateAsync(soft)).ShouldContain("k1|2|y|live");
    }
}
