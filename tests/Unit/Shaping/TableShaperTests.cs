using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.Shaping;

public sealed class TableShaperTests
{
    private const string Key = "secret-key";

    [Fact]
    public async Task Columns_pass_through_untouched_and_marks_come_along()
    {
        TableShaper shaper = await ShapingKit.ShaperAsync(ShapingKit.Task(), new MemoryTables());
        (await shaper.ShapeAsync(Batch(TestRow.Insert(("_id", 1L), ("name", "x"))))).Dispose();
        RecordBatch batch = Batch(TestRow.Insert(("_id", 2L), ("name", "y")), TestRow.Delete(("_id", 1L)));
        ShapedBatch shaped = await shaper.ShapeAsync(batch);
        ShapedStep step = shaped.Steps.ShouldHaveSingleItem();
        step.Changed.ShouldBeFalse();
        step.Rows!.Columns[0].ShouldBeSameAs(batch.Columns[0]);
        step.Rows.Columns[1].ShouldBeSameAs(batch.Columns[1]);
        step.Rows.RowPositions.ShouldBeSameAs(batch.RowPositions);
        step.Rows.ChangeOf(1).ShouldBe(ChangeKind.Delete);
        step.Rows.Position.ShouldBe(new Position("test/end"));
        step.Rows.SourceBytes.ShouldBe(20);
        step.Table.IsChangeCapture.ShouldBeTrue();
        step.Table.Schema.Key.ShouldBe(["_id"]);
    }

    [Fact]
    public async Task Int64_meets_float64_until_the_first_integer_beyond_53_bits()
    {
        long wide = (1L << 53) + 1;
        MemoryTable table = (await LoadAsync(ShapingKit.Task(), R(1, 5L), R(2, 0.5), R(3, wide), R(4, 7L)))["orders"];
        table.Column("v").Type.ShouldBe(LogicalType.Float64);
        table.Value(0, "v").ShouldBe("5");
        table.Value(2, "v").ShouldBeNull();
        table.Value(2, "v__v_int64").ShouldBe("9007199254740993");
        table.Value(3, "v").ShouldBe("7");

        MemoryTable other = (await LoadAsync(ShapingKit.Task(), R(1, wide), R(2, 0.5)))["orders"];
        other.Column("v").Type.ShouldBe(LogicalType.Int64);
        other.Value(1, "v__v_float64").ShouldBe("0.5");
    }

    [Fact]
    public async Task A_type_that_the_destination_lacks_goes_to_a_text_variant()
    {
        var tables = new MemoryTables();
        TableShaper shaper = await ShapingKit.ShaperAsync(ShapingKit.Task(), tables, null, t => t.Kind == TypeKind.Uuid ? null : t);
        tables.Apply(await shaper.ShapeAsync(Batch(R(1, Guid.Empty))));
        tables["orders"].Value(0, "v__v_text").ShouldBe("00000000-0000-0000-0000-000000000000");
        tables["orders"].Columns.ShouldNotContain("v");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_masked_path_is_gone_everywhere(bool quarantined)
    {
        TaskDefinition task = ShapingKit.Task(columns:
        [
            new() { From = "customer.email", To = "email_hash", Mask = MaskKind.HmacSha256, MaskKey = Key },
            new() { From = "customer.phones.number", Mask = MaskKind.Redact },
            new() { From = "card", Drop = true },
            new() { From = "ssn", Mask = MaskKind.Redact },
        ]) with
        { Contract = new(ContractMode.Evolve, ContractMode.Evolve, quarantined ? ContractMode.Quarantine : ContractMode.Evolve) };
        MemoryTables tables = await LoadAsync(task, R(1, 1L), TestRow.Insert(
            ("_id", 2L),
            ("v", quarantined ? "text" : 2L),
            ("ssn", "123-45"),
            ("card", "4111"),
            ("customer", new JsonValue("""{"name":"Zoë","em\u0061il":"z@example.org","phones":[{"number":"555-1","kind":"home"},{"number":"555-2"}]}"""))));
        string all = tables.Dump() + string.Join("", tables.Rejected.Select(r => r.Raw));
        foreach (string secret in new[] { "z@example.org", "555-1", "555-2", "4111", "123-45" })
        {
            all.ShouldNotContain(secret);
        }

        if (quarantined)
        {
            RejectedRow rejected = tables.Rejected.ShouldHaveSingleItem();
            rejected.Position.ShouldBe("test/000001");
            rejected.Raw!.ShouldContain("Zoë");
            rejected.Code.ShouldBe(ErrorCodes.ContractViolated);
            return;
        }

        tables["orders"].Value(1, "customer").ShouldBe("""{"name":"Zoë","phones":[{"kind":"home"},{}]}""");
        tables["orders"].Value(1, "customer__phones__number").ShouldBe("""["***","***"]""");
        tables["orders"].Value(1, "ssn").ShouldBe("***");
        tables["orders"].Value(1, "email_hash").ShouldBe(
            Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData("secret-key"u8, "z@example.org"u8)));
    }

    [Fact]
    public async Task An_object_under_a_masked_path_is_masked_whole_even_beside_arrays()
    {
        TaskDefinition task = ShapingKit.Task(columns: [new() { From = "c.e", To = "m", Mask = MaskKind.Redact }]);
        MemoryTables tables = await LoadAsync(
            task, TestRow.Insert(("_id", 1L), ("c", new JsonValue("""[{"e":"s1"}]"""))), TestRow.Insert(("_id", 2L), ("c", new JsonValue("""{"e":{"deep":"s2"}}"""))));
        tables.Dump().ShouldNotContain("s1");
        tables.Dump().ShouldNotContain("s2");
    }

    [Fact]
    public async Task Renames_casts_and_constants()
    {
        TaskDefinition task = ShapingKit.Task(columns:
        [
            new() { From = "v", To = "amount", Cast = LogicalType.Decimal(10, 2) },
            new() { Constant = "eu", To = "region" },
        ]);
        MemoryTable table = (await LoadAsync(task, R(1, "12.50"), R(2, "n/a"), R(3, 3L)))["orders"];
        table.Column("amount").Type.ShouldBe(LogicalType.Decimal(10, 2));
        table.Column("amount").Source.ShouldBe("v");
        table.Column("region").Source.ShouldBeNull();
        table.Value(0, "amount").ShouldBe("12.5");
        table.Value(1, "amount").ShouldBeNull();
        table.Value(1, "amount__v_text").ShouldBe("n/a");
        table.Value(2, "amount").ShouldBe("3");
        table.Value(2, "region").ShouldBe("eu");
    }

    [Theory]
    [InlineData(ContractMode.Evolve, 3, 0, 0, 0)]
    [InlineData(ContractMode.DiscardRow, 1, 2, 0, 0)]
    [InlineData(ContractMode.DiscardValue, 3, 0, 2, 0)]
    [InlineData(ContractMode.Quarantine, 1, 0, 0, 2)]
    public async Task Contract_for_columns(ContractMode mode, int rows, int discardedRows, int discardedValues, int rejected)
    {
        MemoryTables tables = await DriftAsync(new(ContractMode.Evolve, mode, ContractMode.Evolve), ("new", 1L), ("new", 2L));
        tables["orders"].Rows.Count.ShouldBe(rows);
        tables["orders"].Columns.Contains("new").ShouldBe(mode == ContractMode.Evolve);
        (tables.DiscardedRows, tables.DiscardedValues, tables.Rejected.Count).ShouldBe((discardedRows, discardedValues, rejected));
    }

    [Theory]
    [InlineData(ContractMode.Evolve, 3, 0, 0, 0)]
    [InlineData(ContractMode.DiscardRow, 1, 2, 0, 0)]
    [InlineData(ContractMode.DiscardValue, 3, 0, 2, 0)]
    [InlineData(ContractMode.Quarantine, 1, 0, 0, 2)]
    public async Task Contract_for_types(ContractMode mode, int rows, int discardedRows, int discardedValues, int rejected)
    {
        MemoryTables tables = await DriftAsync(new(ContractMode.Evolve, ContractMode.Evolve, mode), ("v", "text"), ("v", true));
        tables["orders"].Rows.Count.ShouldBe(rows);
        tables["orders"].Columns.Contains("v__v_text").ShouldBe(mode == ContractMode.Evolve);
        (tables.DiscardedRows, tables.DiscardedValues, tables.Rejected.Count).ShouldBe((discardedRows, discardedValues, rejected));
    }

    [Fact]
    public async Task A_frozen_contract_names_what_it_forbids()
    {
        MillraceException columns = await Should.ThrowAsync<MillraceException>(
            () => DriftAsync(new(ContractMode.Evolve, ContractMode.Freeze, ContractMode.Evolve), ("new", 1L)));
        columns.Code.ShouldBe(ErrorCodes.ContractViolated);
        columns.Message.ShouldContain("new");
        MillraceException types = await Should.ThrowAsync<MillraceException>(
            () => DriftAsync(new(ContractMode.Evolve, ContractMode.Evolve, ContractMode.Freeze), ("v", "text")));
        types.Message.ShouldContain("raw.orders.v is int64");
        MillraceException table = await Should.ThrowAsync<MillraceException>(
            () => LoadAsync(ShapingKit.Task() with { Contract = new(ContractMode.Freeze, ContractMode.Evolve, ContractMode.Evolve) }, R(1, 1L)));
        table.Message.ShouldContain("raw.orders");
    }

    [Fact]
    public async Task Fields_beyond_max_columns_stand_in_extra()
    {
        MemoryTable table = (await LoadAsync(
            ShapingKit.Task() with { MaxColumns = 2 }, TestRow.Insert(("_id", 1L), ("a", 1L), ("b", "x"), ("c", new JsonValue("[1]")))))["orders"];
        table.Columns.ShouldBe(["_id", "a", SystemColumns.Extra]);
        table.Value(0, SystemColumns.Extra).ShouldBe("""{"b":"x","c":[1]}""");
    }

    [Fact]
    public async Task Names_that_collide_or_are_too_long_stay_apart_and_stable()
    {
        var naming = new NamingRule(16, true);
        TestRow row = TestRow.Insert(("_id", 1L), ("Name", "a"), ("name", "b"), ("a_very_long_field_name", 1L), ("a_very_long_field_other", 2L), ("_millrace_run_id", 3L));
        var tables = await ShapingKit.LoadAsync(ShapingKit.Task(), [row], [1], naming: naming);
        TestRow again = TestRow.Insert(("_id", 2L), ("name", "b2"), ("Name", "a2"), ("a_very_long_field_other", 4L));
        TableShaper next = await ShapingKit.ShaperAsync(ShapingKit.Task(), tables, naming);
        ShapedBatch shaped = await next.ShapeAsync(Batch(again));
        shaped.NewColumns.ShouldBeEmpty();
        tables.Apply(shaped);
        tables["orders"].Columns.Count().ShouldBe(6);
        string Column(string source) => tables["orders"].Write.Schema.Columns.Single(c => c.Source == source).Name;
        tables["orders"].Value(1, Column("Name")).ShouldBe("a2");
        tables["orders"].Value(1, Column("name")).ShouldBe("b2");
        Column("_millrace_run_id").ShouldNotBe("_millrace_run_id");
    }

    [Fact]
    public async Task A_plain_key_of_another_class_re_keys_the_table()
    {
        MemoryTables tables = await LoadAsync(ShapingKit.Task(), TestRow.Insert(("_id", new ObjectIdValue("5f0000000000000000000001")), ("v", 1L)));
        tables["orders"].Write.Schema.Key.ShouldBe(["_id"]);
        TableShaper next = await ShapingKit.ShaperAsync(ShapingKit.Task(), tables);
        tables.Apply(await next.ShapeAsync(Batch(TestRow.Insert(("_id", "5f0000000000000000000001"), ("v", 2L)))));
        tables["orders"].Write.RekeyFrom.ShouldBe("_id");
        tables["orders"].Write.Schema.Key.ShouldBe([SystemColumns.Key]);
        tables["orders"].Rows.Select(r => r[SystemColumns.Key]).ShouldBe(["o:5f0000000000000000000001", "s:5f0000000000000000000001"]);
        TableShaper third = await ShapingKit.ShaperAsync(ShapingKit.Task(), tables);
        tables.Apply(await third.ShapeAsync(Batch(TestRow.Delete(("_id", new ObjectIdValue("5f0000000000000000000001"))))));
        tables["orders"].Rows.ShouldHaveSingleItem()["v"].ShouldBe("2");
    }

    [Fact]
    public async Task A_table_that_is_re_keyed_in_the_middle_of_a_run_takes_keys_of_every_type()
    {
        MemoryTables tables = await LoadAsync(ShapingKit.Task(), TestRow.Insert(("_id", "a"), ("v", 1L)));
        TableShaper next = await ShapingKit.ShaperAsync(ShapingKit.Task(), tables);
        tables.Apply(await next.ShapeAsync(Batch(TestRow.Insert(("_id", "b"), ("v", 2L)))));
        tables.Apply(await next.ShapeAsync(Batch(TestRow.Insert(("_id", 3L), ("v", 3L)))));
        tables.Rejected.ShouldBeEmpty();
        tables["orders"].Rows.Select(r => r[SystemColumns.Key]).ShouldBe(["s:a", "s:b", "n:3"]);
    }

    [Fact]
    public async Task Int_and_long_keys_are_one_class()
    {
        MemoryTable table = (await LoadAsync(ShapingKit.Task(), TestRow.Insert(("_id", 1)), TestRow.Insert(("_id", 2L))))["orders"];
        table.Write.Schema.Key.ShouldBe(["_id"]);
        table.Column("_id").Type.ShouldBe(LogicalType.Int64);
    }

    [Fact]
    public async Task A_row_without_its_key_goes_to_quarantine()
    {
        MemoryTables tables = await LoadAsync(ShapingKit.Task(), R(1, 1L), TestRow.Insert(("v", 2L)));
        tables["orders"].Rows.Count.ShouldBe(1);
        tables.Rejected.ShouldHaveSingleItem().Code.ShouldBe(ErrorCodes.KeyMissing);
    }

    /// <summary>That no row of a batch has the key's field must not let them in where one row with it would have kept the others out.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_of_a_batch_without_the_key_s_field_go_to_quarantine(bool isThere)
    {
        TaskDefinition task = ShapingKit.Task();
        task = task with { Target = task.Target with { PrimaryKey = ["sku"] } };
        TestRow first = isThere ? TestRow.Insert(("_id", 1L), ("sku", "a")) : TestRow.Insert(("_id", 1L));
        TestRow[] rows = [first, TestRow.Insert(("_id", 2L)), TestRow.Insert(("_id", 3L)), TestRow.Insert(("_id", 4L), ("sku", "b"))];
        MemoryTables one = await ShapingKit.LoadAsync(task, rows, [1, 2, 1]);
        MemoryTables runs = await ShapingKit.LoadAsync(task, rows, [1, 2, 1], newRuns: true);

        foreach (MemoryTables tables in new[] { one, runs })
        {
            tables.Rejected.Count.ShouldBe(isThere ? 2 : 3);
            tables.Rejected.ShouldAllBe(r => r.Code == ErrorCodes.KeyMissing);
            tables["orders"].Rows.Select(r => r["sku"]).ShouldBe(isThere ? ["a", "b"] : ["b"]);
        }
    }

    [Fact]
    public async Task Unset_values_keep_what_is_there()
    {
        MemoryTable table = (await LoadAsync(
            ShapingKit.Task(), R(1, "text"), R(2, 5L), R(2, new UnsetValue(LogicalType.Text)), R(1, new UnsetValue(LogicalType.Text))))["orders"];
        table.Rows.Single(r => r["_id"] == "1")["v"].ShouldBe("text");
        table.Rows.Single(r => r["_id"] == "2")["v__v_int64"].ShouldBe("5");
    }

    [Fact]
    public async Task A_table_control_passes_through()
    {
        MemoryTables tables = await LoadAsync(ShapingKit.Task(), R(1, 1L));
        TableShaper shaper = await ShapingKit.ShaperAsync(ShapingKit.Task(), tables);
        ShapedBatch shaped = await shaper.ShapeAsync(new(new(new("", "orders"), [], []), [], 0) { Control = TableControl.DeleteAll, Position = new("test/9") });
        shaped.Steps.ShouldHaveSingleItem().Rows!.Position.ShouldBe(new Position("test/9"));
        tables.Apply(shaped);
        tables["orders"].Rows.ShouldBeEmpty();
    }

    [Fact]
    public void A_redacted_key_is_refused() =>
        Should.Throw<MillraceException>(() => ShapingKit.ShaperAsync(ShapingKit.Task(columns: [new() { From = "_id", Mask = MaskKind.Redact }]), new MemoryTables()).AsTask())
            .Code.ShouldBe(ErrorCodes.InvalidConfiguration);

    private static TestRow R(long id, object value) => TestRow.Insert(("_id", id), ("v", value));

    private static RecordBatch Batch(params TestRow[] rows) => BatchMaker.Make(rows, ["_id"], new Position("test/end"));

    private static Task<MemoryTables> LoadAsync(TaskDefinition task, params TestRow[] rows) => ShapingKit.LoadAsync(task, rows, [rows.Length]);

    private static async Task<MemoryTables> DriftAsync(SchemaContract contract, params (string Name, object Value)[] drift)
    {
        MemoryTables tables = await LoadAsync(ShapingKit.Task(), R(1, 1L));
        TableShaper shaper = await ShapingKit.ShaperAsync(ShapingKit.Task() with { Contract = contract }, tables);
        tables.Apply(await shaper.ShapeAsync(Batch([.. drift.Select((d, i) => TestRow.Insert(("_id", 10L + i), (d.Name, d.Value)))])));
        return tables;
    }
}

internal static class ShapedBatchExtensions
{
    public static void Dispose(this ShapedBatch shaped)
    {
        foreach (ShapedStep step in shaped.Steps)
        {
            step.Rows?.Dispose();
        }
    }
}
