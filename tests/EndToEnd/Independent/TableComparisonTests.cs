using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Independent;

/// <summary>The comparison itself: on a table made by hand it finds nothing to say of equal rows, and says what differs of others.</summary>
public sealed class TableComparisonTests
{
    private static readonly string[] Documents =
    [
        """{"_id":{"$numberInt":"1"},"d":{"$numberDouble":"0.1"},"p":{"$numberDecimal":"12.50"},"w":{"$numberDecimal":"1E-6000"},"t":"x","at":{"$date":{"$numberLong":"-1"}}}""",
        """{"_id":{"$numberInt":"2"},"d":{"$numberDouble":"NaN"},"b":{"$binary":{"base64":"AQI=","subType":"00"}},"t":{"$oid":"0102030405060708090a0b0c"},"f":true,"n":null}""",
        """{"_id":{"$numberInt":"3"},"u":{"$binary":{"base64":"AAECAwQFBgcICQoLDA0ODw==","subType":"04"}},"j":{"b":{"$numberLong":"5"},"a":[{"$date":{"$numberLong":"0"}},{"$numberDouble":"1.5"},{"$minKey":1}]}}""",
    ];

    public static TheoryData<string> Names => Warehouses.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Equal_rows_are_equal(string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Filled(name, folder);
        ComparisonResult result = TableComparison.Compare(warehouse, warehouse.DefaultSchema, "t", Documents);
        result.Differences.ShouldBeEmpty();
        result.Rows.ShouldBe(3);
        result.Deleted.ShouldBe(1);
    }

    [Theory]
    [InlineData("duckdb", "UPDATE t SET d = 0.1000000000000001 WHERE _id = 1")]
    [InlineData("postgresql", "UPDATE t SET d = 0.1000000000000001 WHERE _id = 1")]
    [InlineData("duckdb", "UPDATE t SET d = NULL WHERE _id = 2")]
    [InlineData("postgresql", "UPDATE t SET p = 12.51 WHERE _id = 1")]
    [InlineData("duckdb", "UPDATE t SET t = 'X' WHERE _id = 1")]
    [InlineData("postgresql", "UPDATE t SET t = NULL WHERE _id = 2")]
    [InlineData("duckdb", "UPDATE t SET \"at\" = \"at\" + INTERVAL 1 MILLISECOND WHERE _id = 1")]
    [InlineData("postgresql", "UPDATE t SET j = '{\"a\":[{\"$date\":\"1970-01-01T00:00:00Z\"},1.5,{\"$minKey\":1}],\"b\":6}' WHERE _id = 3")]
    [InlineData("duckdb", "DELETE FROM t WHERE _id = 2")]
    [InlineData("postgresql", "INSERT INTO t SELECT * FROM t WHERE _id = 2")]
    [InlineData("duckdb", "INSERT INTO t (_id) VALUES (77)")]
    [InlineData("postgresql", "UPDATE t SET _millrace_deleted_at = now() WHERE _id = 1")]
    [InlineData("duckdb", "UPDATE t SET t__v_int64 = 1 WHERE _id = 1")]
    [InlineData("postgresql", "UPDATE t SET n = 1 WHERE _id = 2")]
    public void A_changed_table_differs(string name, string change)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Filled(name, folder);
        warehouse.Execute(change);
        TableComparison.Compare(warehouse, warehouse.DefaultSchema, "t", Documents).Differences.ShouldHaveSingleItem();
    }

    private static Warehouse Filled(string name, TemporaryFolder folder)
    {
        Warehouse warehouse = Warehouses.Create(name, folder);
        bool isDuckDb = name == "duckdb";
        (string bytes, string json, string real, string blob) = isDuckDb ? ("BLOB", "JSON", "DOUBLE", @"'\x01\x02'::BLOB") : ("bytea", "jsonb", "double precision", @"'\x0102'::bytea");
        warehouse.Execute($$"""
            CREATE TABLE _millrace_columns (table_schema text, table_name text, column_name text, source_path text);
            CREATE TABLE t (
              _id bigint, d {{real}}, p decimal(20, 2), w text, t text, t__v_int64 bigint, "at" timestamptz, b {{bytes}}, f boolean, n bigint, u uuid, j {{json}},
              _millrace_deleted_at timestamptz);
            INSERT INTO _millrace_columns
            SELECT '{{warehouse.DefaultSchema}}', 't', c, CASE c WHEN 't__v_int64' THEN 't::v_int64' ELSE c END
            FROM (VALUES ('_id'), ('d'), ('p'), ('w'), ('t'), ('t__v_int64'), ('at'), ('b'), ('f'), ('n'), ('u'), ('j')) AS names (c);
            INSERT INTO t (_id, d, p, w, t, "at") VALUES (1, 0.1, 12.5, '1E-6000', 'x', '1969-12-31 23:59:59.999+00');
            INSERT INTO t (_id, d, b, t, f) VALUES (2, 'NaN', {{blob}}, '0102030405060708090a0b0c', true);
            INSERT INTO t (_id, u, j) VALUES (3, '00010203-0405-0607-0809-0a0b0c0d0e0f', '{"a":[{"$date":"1970-01-01T00:00:00Z"},1.50,{"$minKey":1}],"b":5}');
            INSERT INTO t (_id, _millrace_deleted_at) VALUES (4, '2026-01-01 00:00:00+00');
            """);
        return warehouse;
    }
}
