using System.Collections.Immutable;
using Millrace.Cli.Projects;
using Millrace.Core.Config;
using Millrace.Core.Errors;
using Millrace.Core.Lineage;

namespace Millrace.UnitTests.Lineage;

public sealed class ProjectLineageTests
{
    private const string Connections =
        """
        connections:
          backup: { type: mongodb, dump: dump, database: shop }
          warehouse: { type: duckdb, path: w.duckdb }
          prod: { type: postgresql, connection_string: "${PROD}" }

        """;

    [Fact]
    public void Mappings_say_what_becomes_of_fields()
    {
        ImmutableArray<TaskLineage> all = Of("""
            - source: { connection: backup, dataset: orders }
              target: { connection: warehouse, table: raw.orders }
              columns:
                - { from: customer.email, to: mail, mask: redact }
                - { from: total, cast: "decimal(18,2)" }
                - { from: note, to: remark }
                - { from: tmp, drop: true }
                - { to: kind, constant: web }
            """);
        Text(all).ShouldBe("backup:orders>warehouse:raw.orders loaded|backup:orders.customer.email>warehouse:raw.orders.mail masked|backup:orders.total>warehouse:raw.orders.total cast|"
            + "backup:orders.note>warehouse:raw.orders.remark renamed|>warehouse:raw.orders.kind constant|backup:orders.*>warehouse:raw.orders.* copied");
    }

    [Fact]
    public void A_table_of_a_pattern_is_known_when_sql_reads_it()
    {
        var graph = new LineageGraph(Of("""
            - { name: all, source: { connection: backup, dataset: "*", exclude: [tmp] }, target: { connection: warehouse, table: "raw.{dataset}" } }
            - { name: t, step: T, run: { connection: warehouse, sql: "CREATE TABLE dbo.o AS SELECT total FROM raw.orders, raw.tmp" } }
            """));
        LineageBranch walk = graph.Walk(graph.Find("dbo.o", null), isUpstream: true);
        LineageBranch orders = walk.Branches.Single(b => b.Node!.Table == "raw.orders");
        orders.Branches.ShouldHaveSingleItem().Node!.ToString().ShouldBe("backup:orders");
        orders.Branches[0].By[0].Edge.IsUncertain.ShouldBeTrue();
        walk.Branches.Single(b => b.Node!.Table == "raw.tmp").Branches.ShouldBeEmpty();
    }

    [Fact]
    public void A_script_reads_columns_of_a_table_that_a_later_one_makes()
    {
        var graph = new LineageGraph(Of("""
            - { name: late, step: T, run: { connection: warehouse, sql: "CREATE TABLE dbo.z AS SELECT p, q FROM dbo.a, dbo.b" } }
            - { name: a, step: T, run: { connection: warehouse, sql: "CREATE TABLE dbo.a (p int, r int)" } }
            - { name: b, step: T, run: { connection: warehouse, sql: "CREATE TABLE dbo.b (q int)" } }
            """));
        graph.Walk(graph.Find("DBO.Z", "p"), isUpstream: true).Branches.ShouldHaveSingleItem().Node!.ToString().ShouldBe("warehouse:dbo.a.p");
    }

    [Fact]
    public void What_is_declared_wins_for_its_table_alone()
    {
        ImmutableArray<TaskLineage> all = Of("""
            - name: t
              step: L
              run: { connection: prod, sql: "INSERT INTO a.x SELECT 1 AS n FROM a.parsed; INSERT INTO a.y (n) SELECT n FROM a.parsed" }
              lineage:
                - { from: [a.declared, "warehouse:raw.o"], to: a.x, columns: { total: [a.declared.qty, a.declared.price], n: a.declared.n, fixed: [] } }
            """);
        Text(all).ShouldBe("prod:a.declared>prod:a.x transformed|warehouse:raw.o>prod:a.x transformed|prod:a.declared.qty>prod:a.x.total derived|prod:a.declared.price>prod:a.x.total derived|"
            + "prod:a.declared.n>prod:a.x.n copied|>prod:a.x.fixed constant|prod:a.parsed>prod:a.y transformed|prod:a.parsed.n>prod:a.y.n copied");
        all[0].Edges.Count(e => e.Origin == LineageOrigin.Declared).ShouldBe(6);
    }

    [Fact]
    public void A_procedure_cannot_be_told_unless_it_is_declared()
    {
        Of("- { name: t, step: L, run: { connection: prod, procedure: a.load } }")[0].Notes.ShouldHaveSingleItem().ShouldContain("a.load");
        Of("- { name: t, step: L, run: { connection: prod, procedure: a.load }, lineage: [ { from: a.x, to: a.y } ] }")[0].Notes.ShouldBeEmpty();
    }

    [Fact]
    public void A_circle_is_shown_once()
    {
        var graph = new LineageGraph(Of("""
            - { name: a, step: T, run: { connection: prod, sql: "INSERT INTO s.b (v) SELECT v FROM s.a" } }
            - { name: b, step: T, run: { connection: prod, sql: "INSERT INTO s.a (v) SELECT v FROM s.b" } }
            """));
        LineageBranch b = graph.Walk(graph.Find("s.a", null), isUpstream: true).Branches.ShouldHaveSingleItem();
        b.Branches.ShouldHaveSingleItem().IsRepeated.ShouldBeTrue();
        graph.Walk(graph.Find("s.a", "v"), isUpstream: false).Branches[0].Branches[0].IsRepeated.ShouldBeTrue();
    }

    [Fact]
    public void Names_are_told_apart_or_asked_for()
    {
        var graph = new LineageGraph(Of("""
            - { name: a, step: T, run: { connection: prod, sql: "INSERT INTO s.b (v) SELECT v FROM s.a" } }
            - { name: b, step: T, run: { connection: warehouse, sql: "INSERT INTO s.b (v) SELECT v FROM t.b" } }
            """));
        graph.Find("warehouse:s.b", "v").ToString().ShouldBe("warehouse:s.b.v");
        MillraceException several = Should.Throw<MillraceException>(() => graph.Find("s.b", null));
        (several.Code, several.Message).ShouldBe((ErrorCodes.TableAmbiguous, "'s.b' may be prod:s.b or warehouse:s.b."));
        MillraceException unknown = Should.Throw<MillraceException>(() => graph.Find("s.aa", null));
        (unknown.Code, unknown.Fix).ShouldBe((ErrorCodes.UnknownTable, "Did you mean 's.a'?"));
        Should.Throw<MillraceException>(() => graph.Find("s.a", "w")).Code.ShouldBe(ErrorCodes.UnknownTable);
    }

    [Theory]
    [InlineData("lineage: [ { from: a.x } ]", "MR1013", "lineage[0].to")]
    [InlineData("lineage: [ { from: a.x, to: a.y, columns: { n: x } } ]", "MR1012", "lineage[0].columns.n")]
    [InlineData("lineage: [ { from: a.x, to: a.y, columns: n } ]", "MR1012", "lineage[0].columns")]
    [InlineData("lineage: [ { form: a.x, to: a.y } ]", "MR1011", "lineage[0].form")]
    public void A_declaration_that_makes_no_sense_is_told_where_it_stands(string lineage, string code, string at)
    {
        ConfigProblem problem = Load($"- {{ name: t, step: T, run: {{ connection: prod, sql: SELECT 1 }}, {lineage} }}").Problems.ShouldHaveSingleItem();
        (problem.Code.Id, problem.Path).ShouldBe((code, "jobs.j.tasks[0]." + at));
    }

    [Fact]
    public void A_declaration_is_part_of_the_definition()
    {
        ProjectTask task = Load("- { name: t, step: T, run: { connection: prod, procedure: a.f }, lineage: [ { from: a.x, to: a.y, columns: { n: a.x.m } } ] }").Project!.Jobs[0].Tasks[0];
        DefinitionJson.Of(task).ShouldContain("""
            "lineage":[{"from":["a.x"],"to":"a.y","columns":{"n":["a.x.m"]}}]
            """);
    }

    private static ProjectLoadResult Load(string tasks)
    {
        string text = Connections + "jobs:\n  j:\n    tasks:\n" + string.Concat(tasks.Split('\n').Select(l => $"      {l}\n"));
        return ProjectLoader.Load([new("millrace.yaml", text)], ConnectorList.Registry, [], _ => null);
    }

    private static ImmutableArray<TaskLineage> Of(string tasks)
    {
        ProjectLoadResult result = Load(tasks);
        return ProjectLineage.Of(result.Project ?? throw new InvalidOperationException(string.Join("\n", result.Problems)), _ => []);
    }

    private static string Text(ImmutableArray<TaskLineage> all) =>
        string.Join("|", all.SelectMany(t => t.Edges).Select(e => $"{e.From}>{e.To} {e.Kind.ToString().ToLowerInvariant()}"));
}
