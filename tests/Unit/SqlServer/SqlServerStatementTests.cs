using System.Collections.Immutable;
using Millrace.Connectors.Sql;
using Millrace.Connectors.SqlServer;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;
using Millrace.Testing.Conformance;
using Millrace.UnitTests.ArchitectureRules;

namespace Millrace.UnitTests.SqlServer;

/// <summary>
/// Every statement that a load into SQL Server sends, for every type, strategy and delete mode, is T-SQL by Microsoft's own parser; a few whole loads are
/// kept as files to read. After a wanted change run once with MILLRACE_UPDATE_BASELINES=1 and commit the difference.
/// </summary>
public sealed class SqlServerStatementTests
{
    private static readonly TableId Table = new("Sh.op", "or\"ders]");

    private static readonly TableSchema Schema = new(
        Table,
        [new("_id", LogicalType.Text, Source: "_id", SourceType: "string"), new("a", LogicalType.Int64, Source: "a"), new("b", LogicalType.Text, Source: "b")],
        ["_id"]);

    public static TheoryData<MergeStrategy, DeleteMode, bool> Merges() => DestinationConformance.Merges();

    public static TheoryData<string> Types =>
    [
        "boolean", "int16", "int32", "int64", "float32", "float64", "decimal(38,0)", "decimal(38,38)", "decimal(1,0)", "text", "json", "bytes", "uuid",
        "date", "time(0)", "time(7)", "timestamp(0)", "timestamp(7)", "timestamp(0) utc", "timestamp(7) utc",
    ];

    [Theory]
    [MemberData(nameof(Merges))]
    public async Task A_merge_is_t_sql(MergeStrategy strategy, DeleteMode mode, bool isChangeCapture)
    {
        foreach (string? index in new[] { null, "millrace_key" })
        {
            foreach (bool isManaged in new[] { true, false })
            {
                IReadOnlyList<string> statements = await MergeAsync(strategy, mode, isChangeCapture, index, isManaged);

                statements.ShouldContain(s => s.Contains("INSERT INTO \"Sh.op\".\"or\"\"ders]\"", StringComparison.Ordinal));
                statements.ShouldNotContain(s => s.Contains("LIMIT ", StringComparison.Ordinal) || s.Contains("ON CONFLICT", StringComparison.Ordinal));
                statements.ShouldNotContain(s => s.Contains("MERGE ", StringComparison.Ordinal));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task A_table_of_every_type_is_made_widened_and_keyed(string type)
    {
        LogicalTypeText.TryParse(type, out LogicalType logical).ShouldBeTrue();
        var destination = new RecordingDestination();
        var schema = new TableSchema(Table, [new("k", logical), new("v", logical)], ["k"]);
        TableWrite write = new(schema, WriteDisposition.Merge) { IsChangeCapture = true, Strategy = MergeStrategy.Scd2, DeleteMode = DeleteMode.Soft };
        await destination.PrepareAsync(Request(write), TestContext.Current.CancellationToken);
        destination.Channel.Notes[Table] = new(true, ["k"], "millrace_key", write, 1);

        await destination.PrepareAsync(Request(write with { Schema = schema with { Columns = [.. schema.Columns, new("w", logical)] } }), TestContext.Current.CancellationToken);

        (await destination.DescribeAsync(Table, TestContext.Current.CancellationToken))!.Schema.Columns.Select(c => c.Type).ShouldAllBe(t => t.Kind == Stored(logical).Kind);
        SqlServerDialect dialect = SqlServerDialect.Instance;
        TSql.Parse(dialect.AlterType("t", "c", logical, logical));
        TSql.Parse($"SELECT {dialect.Text("c", logical)}, {dialect.Convert("c", logical, logical)}");
    }

    [Fact]
    public async Task A_trace_is_t_sql_and_its_values_are_bound()
    {
        var destination = new RecordingDestination();
        TableSchema schema = Schema with { Key = ["_id", "a"] };
        TableWrite write = new(schema, WriteDisposition.Merge) { IsChangeCapture = true, DeleteMode = DeleteMode.Soft };
        await destination.PrepareAsync(Request(write), TestContext.Current.CancellationToken);
        destination.Channel.Notes[Table] = new(true, ["_id", "a"], "millrace_key", write, 1);
        destination.Channel.Statements.Clear();

        RowTrace trace = (await destination.TraceAsync(Table, [new(null, "it's"), new("a", "7")], 5, TestContext.Current.CancellationToken)).ShouldNotBeNull();

        trace.Key.ShouldBe([new("_id", "it's"), new("a", "7")]);
        destination.Channel.Statements.Count(s => s.Contains("@p1", StringComparison.Ordinal) && s.Contains("@p2", StringComparison.Ordinal)).ShouldBe(3);
        destination.Channel.Statements.ShouldNotContain(s => s.Contains("it's", StringComparison.Ordinal) || s.Contains("it''s", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(WriteDisposition.Append)]
    [InlineData(WriteDisposition.Replace)]
    public async Task An_append_and_a_replace_are_t_sql(WriteDisposition disposition)
    {
        foreach (bool isSwapped in new[] { true, false })
        {
            var destination = new RecordingDestination();
            TableWrite write = new(disposition == WriteDisposition.Append ? Schema with { Key = [] } : Schema, disposition);
            if (!isSwapped)
            {
                destination.Channel.AddTable(Table, ("_id", "nvarchar(0,0)"), ("own", "int(10,0)"));
            }

            await RunAsync(destination, write, Note(write) with { IsManaged = isSwapped, Generation = 0 }, [Insert("k1"), Insert("k1")], completed: disposition == WriteDisposition.Replace);
            destination.Channel.Statements.ShouldContain(s => s.Contains(
                disposition == WriteDisposition.Append ? "_millrace_checkpoints" : isSwapped ? "EXEC sp_rename" : "INSERT INTO \"Sh.op\".\"or\"\"ders]\" (\"_id\"", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Children_keys_of_several_types_and_checks_are_t_sql(bool isChangeCapture)
    {
        var destination = new RecordingDestination();
        var schema = new TableSchema(Table, [new("_id", LogicalType.Text), new("a", LogicalType.Int64), new("b", LogicalType.Text)], ["_id", "a"]);
        TableWrite children = new(schema, WriteDisposition.Merge) { IsChangeCapture = isChangeCapture, ParentKey = ["_id"], DeleteMode = DeleteMode.Hard };
        await RunAsync(destination, children, Note(children, "millrace_key"), [Delete("p1"), Insert("p1"), Delete("p2")]);

        destination = new RecordingDestination();
        QualityCheck[] checks =
        [
            new(QualityCheckKind.NotNull, ["a", "b"]), new(QualityCheckKind.Unique, ["a", "b"]), new(QualityCheckKind.AcceptedValues, ["b"]) { Values = ["it's"] },
            new(QualityCheckKind.Sql, []) { Sql = "a > 5 AND b LIKE 'x%'" },
        ];
        TableWrite rekeyed = new(Schema with { Columns = [.. Schema.Columns, new(SystemColumns.Key, LogicalType.Text)], Key = [SystemColumns.Key] }, WriteDisposition.Merge)
        {
            IsChangeCapture = isChangeCapture, RekeyFrom = "_id", DeleteMode = DeleteMode.Soft,
        };
        TableWrite plain = new(Schema, WriteDisposition.Merge) { IsChangeCapture = isChangeCapture, DeleteMode = DeleteMode.Soft };
        await destination.PrepareAsync(Request(plain), TestContext.Current.CancellationToken);
        destination.Channel.Notes[Table] = Note(plain, "millrace_key");
        await destination.PrepareAsync(Request(rekeyed), TestContext.Current.CancellationToken);
        destination.Channel.Statements.ShouldContain(s => s.Contains("N'j:' + CAST(", StringComparison.Ordinal));

        destination = new RecordingDestination();
        await Should.ThrowAsync<Core.Errors.MillraceException>(() => RunAsync(destination, plain with { Checks = [.. checks] }, Note(plain, "millrace_key"), [Insert("k1")]));
        destination.Channel.Statements.ShouldContain(s => s.Contains("_millrace_check_failures", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Columns_that_the_server_fills_are_not_written()
    {
        var destination = new RecordingDestination();
        destination.Channel.AddTable(
            Table, ("_id", "nvarchar(0,0)"), ("a", "bigint(19,0)"), ("b", "nvarchar(0,0)"), ("_millrace_run_id", "bigint(19,0)"), ("_millrace_loaded_at", "datetimeoffset(34,6)"));
        destination.Channel.Generated.Add("a");
        TableWrite write = new(Schema, WriteDisposition.Merge) { DeleteMode = DeleteMode.Hard };
        await RunAsync(destination, write, Note(write) with { IsManaged = false }, [Insert("k1")]);

        destination.Channel.Streams.ShouldNotBeEmpty();
        destination.Channel.Streams.SelectMany(s => s).ShouldNotContain(c => c.Name == "a");
        destination.Channel.Statements.Where(s => s.Contains("INSERT INTO \"Sh.op\"", StringComparison.Ordinal)).ShouldAllBe(s => !s.Contains("\"a\"", StringComparison.Ordinal));
        destination.Channel.Statements.ShouldNotContain(s => s.Contains("ADD \"a\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("upsert_capture", MergeStrategy.Upsert, true)]
    [InlineData("upsert_incremental", MergeStrategy.Upsert, false)]
    [InlineData("delete_insert_capture", MergeStrategy.DeleteInsert, true)]
    [InlineData("insert_only_capture", MergeStrategy.InsertOnly, true)]
    [InlineData("scd2_capture", MergeStrategy.Scd2, true)]
    public async Task A_whole_load_is_the_committed_one(string name, MergeStrategy strategy, bool isChangeCapture)
    {
        IReadOnlyList<string> statements = await MergeAsync(strategy, DeleteMode.Soft, isChangeCapture, "millrace_key", true);
        string now = string.Join("\nGO\n", statements) + "\n";
        string file = Path.Combine(Repository.Root, "tests", "Unit", "SqlServer", "Golden", name + ".sql");
        if (Environment.GetEnvironmentVariable("MILLRACE_UPDATE_BASELINES") == "1")
        {
            await File.WriteAllTextAsync(file, now, TestContext.Current.CancellationToken);
        }

        now.ShouldBe(File.Exists(file) ? await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken) : "", $"{file} differs; if that is meant: MILLRACE_UPDATE_BASELINES=1, and commit it");
    }

    private static async Task<IReadOnlyList<string>> MergeAsync(MergeStrategy strategy, DeleteMode mode, bool isChangeCapture, string? index, bool isManaged)
    {
        var destination = new RecordingDestination();
        TableWrite write = new(Schema, WriteDisposition.Merge) { Strategy = strategy, DeleteMode = mode, IsChangeCapture = isChangeCapture };
        ModelEvent[] events = isChangeCapture
            ? [Insert("k1"), new(2, "k1", ChangeKind.Update, null, "x") { HasA = false }, Delete("k1"), Insert("k2")]
            : [Insert("k1"), Insert("k2")];
        await RunAsync(destination, write, Note(write, index) with { IsManaged = isManaged }, events, completed: true);
        return destination.Channel.Statements;
    }

    private static async Task RunAsync(
        RecordingDestination destination, TableWrite write, TableNote note, IReadOnlyList<ModelEvent> events, bool completed = false)
    {
        WriteRequest request = Request(write);
        destination.Channel.Notes[Table] = note;
        await destination.PrepareAsync(request, TestContext.Current.CancellationToken);
        LoadId load = LoadId.For("job/task", 2, [("log", "")]);
        await using IWriteSession session = await destination.BeginAsync(request, load, TestContext.Current.CancellationToken);
        using (RecordBatch batch = LoadRunner.Batch(write.Schema, events, write.IsChangeCapture))
        {
            await session.WriteAsync(batch, TestContext.Current.CancellationToken);
        }

        await session.CommitAsync(
            new([(null, new("job/task", "log", 2, load, new("log/1"), 1))]) { Completed = completed ? [write.Schema.Table] : [] }, TestContext.Current.CancellationToken);
    }

    private static TableNote Note(TableWrite write, string? index = null) => new(true, write.Schema.Key, index, write, write.Disposition == WriteDisposition.Replace ? 1 : 0);

    private static LogicalType Stored(LogicalType type) => type.Kind == TypeKind.Json ? LogicalType.Text : type;

    private static WriteRequest Request(params ImmutableArray<TableWrite> tables) =>
        new("job/task", 7, 2, new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), tables) { IsRetry = true };

    private static ModelEvent Insert(string key) => new(1, key, ChangeKind.Insert, 1, "x");

    private static ModelEvent Delete(string key) => new(3, key, ChangeKind.Delete, null, null);
}
