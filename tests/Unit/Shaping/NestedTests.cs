using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.Shaping;

public sealed class NestedTests
{
    private static TaskDefinition Flatten => ShapingKit.Task() with { Nested = new(NestedMode.Flatten, 2, "__") };

    private static TaskDefinition Children => ShapingKit.Task() with { Nested = new(NestedMode.ChildTables, 2, "__") };

    [Fact]
    public async Task Flatten_makes_columns_to_its_depth_and_types_extended_json()
    {
        MemoryTable table = (await LoadAsync(Flatten, Row(1, """
            {"s":"x","n":{"m":1.5,"deep":{"er":1}},"e":{},"l":[1],"id":{"$oid":"5f0000000000000000000001"},"at":{"$date":"2020-01-02T03:04:05Z"},
             "d":{"$numberDecimal":"1.25"},"i":{"$numberLong":"7"},"b":{"$binary":{"base64":"AQI=","subType":"00"}},"r":{"$regularExpression":{"pattern":"a","options":""}}}
            """)))["orders"];
        Type(table, "c__s").ShouldBe(LogicalType.Text);
        Type(table, "c__n__m").ShouldBe(LogicalType.Float64);
        Type(table, "c__n__deep").ShouldBe(LogicalType.Json);
        Type(table, "c__id").ShouldBe(LogicalType.Text);
        Type(table, "c__at").ShouldBe(LogicalType.TimestampUtc(3));
        Type(table, "c__d").ShouldBe(LogicalType.Decimal(3, 2));
        Type(table, "c__i").ShouldBe(LogicalType.Int64);
        Type(table, "c__b").ShouldBe(LogicalType.Bytes);
        Type(table, "c__r").ShouldBe(LogicalType.Json);
        table.Value(0, "c__e").ShouldBe("{}");
        table.Value(0, "c__l").ShouldBe("[1]");
        table.Column("c__n__m").Source.ShouldBe("c.n.m");
    }

    [Theory]
    [InlineData("-0")]
    [InlineData("-0.00")]
    [InlineData("NaN")]
    public async Task A_decimal_that_no_number_column_holds_keeps_its_text(string text)
    {
        MemoryTable table = (await LoadAsync(Flatten, Row(1, $$$"""{"d":{"$numberDecimal":"{{{text}}}"}}""")))["orders"];
        Type(table, "c__d").ShouldBe(LogicalType.Text);
        table.Value(0, "c__d").ShouldBe(text);
    }

    [Fact]
    public async Task Arrays_become_rows_with_the_parents_key_and_the_index()
    {
        MemoryTables tables = await LoadAsync(Children, Row(1, """[{"sku":"a","q":2},{"sku":"b","tags":["x"]},5,null,[1]]"""));
        tables["orders"].Columns.ShouldBe(["_id"]);
        MemoryTable items = tables["orders__c"];
        items.Write.ParentKey.ShouldBe(["_id"]);
        items.Write.Schema.Key.ShouldBe(["_id", "_index"]);
        items.Write.Strategy.ShouldBe(MergeStrategy.DeleteInsert);
        items.Rows.Select(r => r["_index"]).ShouldBe(["0", "1", "2", "3", "4"]);
        items.Value(0, "sku").ShouldBe("a");
        items.Value(1, "tags").ShouldBe("""["x"]""");
        items.Value(2, "value").ShouldBe("5");
        items.Value(4, "value__v_json").ShouldBe("[1]");
    }

    [Fact]
    public async Task A_changed_or_deleted_parent_replaces_its_children_even_in_a_later_run()
    {
        MemoryTables tables = await LoadAsync(Children, Row(1, "[1,2,3]"), Row(2, "[4]"));
        TableShaper next = await ShapingKit.ShaperAsync(Children, tables);
        tables.Apply(await next.ShapeAsync(BatchMaker.Make([Row(1, "[9]"), TestRow.Delete(("_id", 2L))], "_id")));
        tables["orders__c"].Rows.ShouldHaveSingleItem()["value"].ShouldBe("9");
        next = await ShapingKit.ShaperAsync(Children, tables);
        tables.Apply(await next.ShapeAsync(BatchMaker.Make([TestRow.Insert(("_id", 1L), ("x", 1L))], "_id")));
        tables["orders__c"].Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_array_does_not_go_to_another_datasets_table_and_keeps_its_own_in_later_runs()
    {
        var tables = new MemoryTables();
        TableShaper shaper = await ShapingKit.ShaperAsync(Children, tables, tryClaim: t => t.Name != "orders__c");
        tables.Apply(await shaper.ShapeAsync(BatchMaker.Make([Row(1, "[1,2]")], "_id")));
        string child = tables.Ids.Single(t => t != ShapingKit.Target).Name;
        child.ShouldMatch("^orders__c_[0-9a-f]{6}$");

        // The other dataset is gone from the source; the array stays where it is.
        TableShaper next = await ShapingKit.ShaperAsync(Children, tables, tryClaim: _ => true);
        tables.Apply(await next.ShapeAsync(BatchMaker.Make([Row(1, "[9]")], "_id")));
        tables.Has("orders__c").ShouldBeFalse();
        tables[child].Rows.ShouldHaveSingleItem()["value"].ShouldBe("9");
    }

    [Fact]
    public async Task A_table_that_holds_something_else_is_no_arrays()
    {
        // orders__c is a table of its own here: it has the array x, whose table begins like one of orders.
        var tables = new MemoryTables();
        TaskDefinition other = Children;
        TableShaper others = await TableShaper.CreateAsync(
            new(other, new("raw", "orders__c"), new(63, false), t => t, id => ValueTask.FromResult(tables.Describe(id))));
        tables.Apply(await others.ShapeAsync(BatchMaker.Make([TestRow.Insert(("_id", 1L), ("x", new JsonValue("[7]")))], "_id")));
        tables["orders__c__x"].Rows.Count.ShouldBe(1);

        TableShaper shaper = await ShapingKit.ShaperAsync(Children, tables);
        tables.Apply(await shaper.ShapeAsync(BatchMaker.Make([Row(1, "[1,2]")], "_id")));
        shaper = await ShapingKit.ShaperAsync(Children, tables);
        tables.Apply(await shaper.ShapeAsync(BatchMaker.Make([TestRow.Delete(("_id", 1L))], "_id")));

        tables["orders__c"].Rows.Count.ShouldBe(1);
        tables["orders__c__x"].Rows.Count.ShouldBe(1);
        tables[tables.Ids.Single(t => t.Name.StartsWith("orders__c_", StringComparison.Ordinal) && t.Name != "orders__c__x").Name].Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task Arrays_whose_names_differ_in_case_have_a_table_each_where_names_ignore_case()
    {
        var tables = new MemoryTables(true);
        TableShaper shaper = await ShapingKit.ShaperAsync(Children, tables, new NamingRule(63, true));
        tables.Apply(await shaper.ShapeAsync(BatchMaker.Make([TestRow.Insert(("_id", 1L), ("c", new JsonValue("[1]")), ("C", new JsonValue("[2]")))], "_id")));

        tables.Ids.Select(t => t.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count().ShouldBe(3);
    }

    [Fact]
    public async Task Children_are_masked_too()
    {
        TaskDefinition task = Children with { Columns = [new() { From = "c.email", Mask = MaskKind.Redact }, new() { From = "c.deep.x", Drop = true }] };
        MemoryTables tables = await LoadAsync(task, Row(1, """[{"email":"a@b.c","deep":{"x":"secret","y":1}}]"""), Row(2, """{"email":"d@e.f","k":1}"""));
        tables.Dump().ShouldNotContain("a@b.c");
        tables.Dump().ShouldNotContain("d@e.f");
        tables.Dump().ShouldNotContain("secret");
        tables["orders__c"].Value(0, "email").ShouldBe("***");
        tables["orders__c"].Value(0, "deep").ShouldBe("""{"y":1}""");
    }

    [Fact]
    public async Task Only_the_last_step_is_a_commit_point_and_bytes_count_once()
    {
        TableShaper shaper = await ShapingKit.ShaperAsync(Children, new MemoryTables());
        ShapedBatch shaped = await shaper.ShapeAsync(BatchMaker.Make([Row(1, "[1]")], ["_id"], new Position("test/1")));
        shaped.Steps.Length.ShouldBe(2);
        shaped.Steps[0].Rows!.Position.ShouldBeNull();
        shaped.Steps[1].Rows!.Position.ShouldBe(new Position("test/1"));
        shaped.Steps.Sum(s => s.Rows!.SourceBytes).ShouldBe(10);
        shaped.Steps[1].Rows!.RowPositions!.Count.ShouldBe(2);
        shaped.Dispose();
    }

    private static LogicalType Type(MemoryTable table, string column) => table.Column(column).Type;

    private static TestRow Row(long id, string json) => TestRow.Insert(("_id", id), ("c", new JsonValue(json)));

    private static Task<MemoryTables> LoadAsync(TaskDefinition task, params TestRow[] rows) => ShapingKit.LoadAsync(task, rows, [rows.Length]);
}
