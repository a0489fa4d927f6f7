using Millrace.Connectors.DuckDb;
using Millrace.Connectors.PostgreSql;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Schemas;

namespace Millrace.UnitTests.Lineage;

public sealed class SqlLineageReaderTests
{
    private static readonly ISqlLineageReader PostgreSql = new PostgreSqlConnector().CreateLineageReader(null);
    private static readonly ISqlLineageReader DuckDb = new DuckDbConnector().CreateLineageReader("lake");
    private static readonly HashSet<string> Parameters = ["run_id"];

    private static readonly Dictionary<string, string[]> Columns = new()
    {
        ["raw.o"] = ["id", "a", "b"], ["raw.c"] = ["id", "n"], ["dbo.t"] = ["k", "v", "w"],
    };

    // raw.o has id, a, b; raw.c has id, n; dbo.t has k, v, w; of raw.x nothing is known.
    [Theory]
    [InlineData("INSERT INTO dbo.t SELECT id, a + b, :run_id FROM raw.o", "raw.o>dbo.t transformed|raw.o.id>dbo.t.k renamed|raw.o.a>dbo.t.v derived|raw.o.b>dbo.t.v derived|>dbo.t.w constant")]
    [InlineData("INSERT INTO dbo.t (v) SELECT a::numeric(18, 2) FROM raw.o", "raw.o>dbo.t transformed|raw.o.a>dbo.t.v cast")]
    [InlineData("CREATE TABLE dbo.n AS SELECT id, (CAST(a AS double precision)) AS a, a double FROM raw.o", "raw.o>dbo.n transformed|raw.o.id>dbo.n.id copied|raw.o.a>dbo.n.a cast|raw.o.a>dbo.n.double renamed")]
    [InlineData("CREATE TABLE dbo.n AS SELECT * FROM raw.x", "raw.x>dbo.n transformed|raw.x.*>dbo.n.* copied")]
    [InlineData("CREATE VIEW dbo.n AS SELECT x.*, 1 AS one FROM raw.x x WHERE x.z > 0", "raw.x>dbo.n transformed|raw.x.z>dbo.n filtered|>dbo.n.one constant|raw.x.*>dbo.n.* copied")]
    [InlineData("CREATE TABLE dbo.n AS SELECT y FROM raw.x", "raw.x>dbo.n transformed|raw.x.y>dbo.n.y copied")]
    [InlineData("CREATE TABLE dbo.n AS SELECT y, a FROM raw.x, raw.o", "raw.x>dbo.n transformed|raw.o>dbo.n transformed|raw.x.y>dbo.n.y copied|raw.o.a>dbo.n.a copied")]
    [InlineData("CREATE TABLE dbo.n AS SELECT y FROM raw.x, raw.z", "raw.x>dbo.n transformed|raw.z>dbo.n transformed|raw.x>dbo.n.y derived?|raw.z>dbo.n.y derived?")]
    [InlineData("CREATE TABLE dbo.n AS SELECT (SELECT max(id) FROM raw.x) AS m FROM raw.o", "raw.o>dbo.n transformed|raw.x>dbo.n transformed|raw.x>dbo.n.m derived?|raw.o>dbo.n.m derived?")]
    [InlineData("CREATE TABLE dbo.n AS SELECT count(*) AS n FROM raw.o", "raw.o>dbo.n transformed|raw.o>dbo.n.n derived")]
    [InlineData("UPDATE dbo.t SET v = w, w = c.n FROM raw.c c WHERE c.id = k", "dbo.t.w>dbo.t.v renamed|raw.c.n>dbo.t.w renamed|raw.c>dbo.t transformed|raw.c.id>dbo.t filtered")]
    [InlineData("DELETE FROM dbo.t WHERE k IN (SELECT id FROM raw.o WHERE a = 1)", "raw.o>dbo.t filtered|raw.o.a>dbo.t filtered|raw.o.id>dbo.t filtered")]
    [InlineData("CREATE TEMP TABLE s AS SELECT id, a FROM raw.o; INSERT INTO dbo.t (k, v) SELECT * FROM s", "raw.o>dbo.t transformed|raw.o.id>dbo.t.k renamed|raw.o.a>dbo.t.v renamed")]
    [InlineData("CREATE TEMP TABLE s (p int, q int); INSERT INTO s SELECT id, b FROM raw.o; INSERT INTO s (q) SELECT n FROM raw.c; CREATE TABLE dbo.n AS SELECT q FROM s", "raw.o>dbo.n transformed|raw.c>dbo.n transformed|raw.o.b>dbo.n.q renamed|raw.c.n>dbo.n.q renamed")]
    [InlineData("CREATE TABLE dbo.new AS SELECT a FROM raw.o; DROP TABLE IF EXISTS dbo.n; ALTER TABLE dbo.new RENAME TO n; ALTER TABLE dbo.n RENAME a TO z", "raw.o>dbo.n transformed|raw.o.a>dbo.n.z renamed")]
    [InlineData("ALTER TABLE raw.o RENAME TO o_old; CREATE TABLE dbo.n AS SELECT a FROM raw.c, raw.o", "raw.c>dbo.n transformed|raw.o>dbo.n transformed|raw.o.a>dbo.n.a copied")]
    [InlineData("WITH RECURSIVE t AS (SELECT id, n FROM raw.c UNION SELECT t.id, c.n FROM raw.c JOIN t ON t.n = c.id) INSERT INTO dbo.t (k, v) SELECT id, n FROM t", "raw.c>dbo.t transformed|raw.c.n>dbo.t joined|raw.c.id>dbo.t joined|raw.c.id>dbo.t.k renamed|raw.c.n>dbo.t.v renamed")]
    [InlineData("MERGE INTO dbo.t USING raw.o AS s ON k = s.id WHEN MATCHED AND s.b > CASE WHEN s.a = 1 THEN 2 ELSE 3 END THEN UPDATE SET v = CASE WHEN s.a > w THEN s.a END WHEN NOT MATCHED THEN INSERT VALUES (s.id, 0, s.b)",
        "raw.o.a>dbo.t.v derived|dbo.t.w>dbo.t.v derived|raw.o.id>dbo.t.k renamed|>dbo.t.v constant|raw.o.b>dbo.t.w renamed|raw.o>dbo.t transformed|raw.o.id>dbo.t joined|raw.o.b>dbo.t filtered|raw.o.a>dbo.t filtered")]
    [InlineData("INSERT INTO Dbo.T (K) SELECT ID FROM RAW.O", "raw.o>dbo.t transformed|raw.o.id>dbo.t.k renamed")]
    [InlineData("INSERT INTO dbo.t (k) SELECT id FROM raw.o ON CONFLICT (k) DO UPDATE SET v = excluded.k || dbo.t.w", "raw.o>dbo.t transformed|raw.o.id>dbo.t.k renamed|raw.o.id>dbo.t.v derived|dbo.t.w>dbo.t.v derived")]
    [InlineData("SELECT a INTO dbo.n FROM raw.o UNION SELECT n FROM raw.c", "raw.o>dbo.n transformed|raw.c>dbo.n transformed|raw.o.a>dbo.n.a copied|raw.c.n>dbo.n.a renamed")]
    [InlineData("INSERT INTO plain SELECT 1", "")]
    public void Edges_are_what_the_sql_does(string sql, string edges) => Said(PostgreSql, sql).ShouldBe(edges);

    [Theory]
    [InlineData("CALL load()", "CALL")]
    [InlineData("DO $$ BEGIN EXECUTE 'DELETE FROM dbo.t'; END $$", "DO")]
    [InlineData("SELECT dbo.refresh()", "function")]
    [InlineData("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$", "function")]
    [InlineData("INSERT INTO dbo.t SELECT * FROM dbo.rows_of(3)", "dbo.rows_of")]
    [InlineData("INSERT INTO dbo.u SELECT id FROM raw.o", "its columns are not known")]
    [InlineData("INSERT INTO dbo.t SELECT * FROM raw.x", "those that a star stands for are not known")]
    [InlineData("COPY dbo.t FROM '/tmp/x.csv'", "outside")]
    [InlineData("SET search_path = dbo; INSERT INTO dbo.t SELECT id, a, b FROM raw.o", "without a schema")]
    [InlineData("FROBNICATE dbo.t", "begins no statement")]
    [InlineData("INSERT INTO dbo.t SELECT (a FROM raw.o", "not closed")]
    [InlineData("INSERT INTO dbo.t SELECT zz FROM raw.o", "'zz' is cannot be told")]
    public void What_cannot_be_told_is_said(string sql, string note) =>
        PostgreSql.Read(sql, Parameters, Known).Notes.ShouldContain(n => n.Text.Contains(note, StringComparison.Ordinal), string.Join("; ", PostgreSql.Read(sql, Parameters, Known).Notes));

    [Fact]
    public void A_statement_that_cannot_be_told_hides_none_of_the_others_and_has_its_line()
    {
        SqlLineage read = PostgreSql.Read("-- first\nINSERT INTO dbo.t (k) SELECT id FROM raw.o;\n\nFROBNICATE;\nDELETE FROM dbo.t USING raw.c WHERE n = v", Parameters, Known);
        read.Statements.Select(s => (s.Line, s.Verb)).ShouldBe([(2, "INSERT"), (5, "DELETE")]);
        read.Notes.ShouldHaveSingleItem().Line.ShouldBe(4);
    }

    [Fact]
    public void Names_without_a_schema_are_of_the_connections_and_DuckDb_minds_no_case()
    {
        DuckDb.Resolve(new("", "t")).ShouldBe(new TableId("lake", "t"));
        SqlLineage read = DuckDb.Read("CREATE TABLE T (A int, b int); INSERT INTO t SELECT X.ID, x.a FROM RAW.O x", Parameters, t => string.Equals(t.ToString(), "raw.o", StringComparison.OrdinalIgnoreCase) ? Columns["raw.o"] : null);
        Text(read).ShouldBe("RAW.O>lake.t transformed|RAW.O.id>lake.t.A renamed|RAW.O.a>lake.t.b renamed");
    }

    private static string[]? Known(TableId table) => Columns.GetValueOrDefault(table.ToString());

    private static string Said(ISqlLineageReader reader, string sql) => Text(reader.Read(sql, Parameters, Known));

    private static string Text(SqlLineage read) => string.Join("|", read.Edges.Where(e => e.To.Name != "plain").Select(e =>
        $"{e.From}{(e.FromColumn is null ? "" : "." + e.FromColumn)}>{e.To}{(e.ToColumn is null ? "" : "." + e.ToColumn)} {e.Kind.ToString().ToLowerInvariant()}{(e.IsUncertain ? "?" : "")}"));
}
