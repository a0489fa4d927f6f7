using Millrace.Core.Config;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.UnitTests.Config;

public sealed class ProjectProblemTests
{
    [Theory]
    [InlineData("connections:\n  shop: { type: mongodb }\n\twh: { type: duckdb }\n", 3)]
    [InlineData("connections:\n  shop:\n    type: mongodb\n\tdump: x\n", 4)]
    [InlineData("connections:\n\tshop:\n    type: mongodb\n", 2)]
    [InlineData("connections:\r\n  shop:\r\n  \ttype: mongodb\r\n", 3)]
    public void A_tab_is_reported_where_it_stands(string text, int line)
    {
        ConfigProblem problem = ProjectSamples.Load(text).Problems.ShouldHaveSingleItem();
        (problem.Code.Id, problem.Line).ShouldBe(("MR1010", line));
        problem.Fix.ShouldBe("Indent with spaces.");
    }

    [Fact]
    public void A_reference_that_nothing_would_resolve_is_an_error()
    {
        ProjectLoadResult result = ProjectSamples.LoadTask("""
            { name: a, source: { connection: shop, dataset: a, replication_method: "${X}" }, target: { connection: warehouse, table: t },
              limits: { run_max_rows: "${X}" } }
            """);

        result.Problems.Select(p => (p.Code.Id, p.Path)).ShouldBe(
            [("MR1012", "jobs.j.tasks[0].source.replication_method"), ("MR1012", "jobs.j.tasks[0].limits.run_max_rows")], ignoreOrder: true);
        result.Problems.ShouldAllBe(p => p.Fix!.Contains("connections"));
    }

    [Fact]
    public void Every_problem_is_reported_at_once_with_its_line()
    {
        ProjectLoadResult result = ProjectSamples.Load("""
            conections: {}
            catalog: { type: postgresql }
            connections:
              shop: { type: mongodb, pool_size: 100, timeout: soon }
              wh: { type: duckbd }
              warehouse: { type: duckdb }
            jobs:
              j:
                parallelism: many
                tasks:
                  - name: a
                    source: { connection: shpo, dataset: a }
                    target: { connection: warehouse, replicaton_method: x }
                  - name: a
                    source: { connection: shop, dataset: a, replication_metod: full_refresh }
                    target: { connection: warehouse }
                    limits: { run_max_bytes: lots }
                  - name: t
                    step: T
                    run: { connection: warehouse, script: a.sql, procedure: p }
            """);

        result.Project.ShouldBeNull();
        (int, string, string)[] found = [.. result.Problems.Select(p => (p.Line, p.Code.Id, p.Path))];
        found.ShouldBe(
            [
                (1, "MR1011", "conections"),
                (2, "MR1013", "catalog.connection_string"),
                (4, "MR1012", "connections.shop.pool_size"),
                (4, "MR1012", "connections.shop.timeout"),
                (5, "MR1012", "connections.wh.type"),
                (6, "MR1013", "connections.warehouse.path"),
                (9, "MR1012", "jobs.j.parallelism"),
                (12, "MR1014", "jobs.j.tasks[0].source.connection"),
                (13, "MR1011", "jobs.j.tasks[0].target.replicaton_method"),
                (14, "MR1015", "jobs.j.tasks[1]"),
                (15, "MR1011", "jobs.j.tasks[1].source.replication_metod"),
                (17, "MR1012", "jobs.j.tasks[1].limits.run_max_bytes"),
                (20, "MR1016", "jobs.j.tasks[2].run.connection"),
                (20, "MR1012", "jobs.j.tasks[2].run"),
            ],
            ignoreOrder: true);
        result.Problems.ShouldAllBe(p => p.File == "millrace.yaml");
        Fix(result, "jobs.j.tasks[1].source.replication_metod").ShouldBe("Did you mean 'replication_method'?");
        Fix(result, "jobs.j.tasks[0].source.connection").ShouldBe("Did you mean 'shop'? Connections: shop, warehouse, wh.");
        Fix(result, "connections.wh.type").ShouldBe("Did you mean 'duckdb'?");
        Fix(result, "conections").ShouldBe("Did you mean 'connections'?");
    }

    [Theory]
    [InlineData("name: a, source: { connection: shop, dataset: '*' }, target: { connection: warehouse, table: t }", "MR1016", "target.table")]
    [InlineData("source: { connection: shop, dataset: a, replication_method: incremental }, target: { connection: warehouse }", "MR1013", "source.cursor_field")]
    [InlineData("source: { connection: shop, dataset: a }, target: { connection: warehouse, write_disposition: replace }", "MR1016", "target.write_disposition")]
    [InlineData("source: { connection: shop, dataset: a }, target: { connection: warehouse, merge_strategy: scd2 }, nested: child_tables", "MR1016", "target.merge_strategy")]
    [InlineData("source: { connection: warehouse, dataset: a }, target: { connection: warehouse }", "MR1016", "source.connection")]
    [InlineData("source: { connection: shop, dataset: a }, target: { connection: shop }", "MR1016", "target.connection")]
    [InlineData("source: { connection: shop, dataset: a }, target: { connection: lake }", "MR1016", "target.write_disposition")]
    [InlineData("source: { connection: lake, dataset: a, replication_method: change_capture }, target: { connection: warehouse }", "MR1016", "source.replication_method")]
    [InlineData("source: { connection: shop, dataset: a }, target: { connection: warehouse }, checks: [ { } ]", "MR1013", "checks[0]")]
    [InlineData("source: { connection: shop, dataset: a }, target: { connection: warehouse }, columns: [ { to: x } ]", "MR1013", "columns[0].from")]
    [InlineData("source: { connection: shop, dataset: a }, target: { connection: warehouse }, max_columns: 0", "MR1012", "max_columns")]
    [InlineData("source: { connection: shop, dataset: a }", "MR1013", "target")]
    [InlineData("name: 'a/b', source: { connection: shop, dataset: a }, target: { connection: warehouse }", "MR1012", "name")]
    public void What_makes_no_sense_is_refused_where_it_stands(string task, string code, string path)
    {
        ProjectLoadResult result = ProjectSamples.LoadTask($"{{ {task} }}");

        ConfigProblem problem = result.Problems.Single(p => !p.IsWarning);
        problem.Code.Id.ShouldBe(code);
        problem.Path.ShouldBe($"jobs.j.tasks[0].{path}");
    }

    [Theory]
    [InlineData("primary_key: [email]", "", 1, 0)]
    [InlineData("primary_key: [tenant, _id]", "", 1, 0)]
    [InlineData("primary_key: [email], delete_mode: hard", "", 1, 0)]
    [InlineData("primary_key: [email], merge_strategy: scd2", "", 1, 0)]
    [InlineData("primary_key: [email], delete_mode: ignore", "", 0, 1)]
    [InlineData("primary_key: [email], write_disposition: append", "", 0, 0)]
    [InlineData("primary_key: [_id]", "", 0, 0)]
    [InlineData("primary_key: [_id]", ", columns: [ { from: _id, to: id } ]", 0, 0)]
    [InlineData("primary_key: [id]", ", columns: [ { from: _id, to: id } ]", 0, 0)]
    [InlineData("primary_key: [id]", ", columns: [ { from: email, to: id } ]", 1, 0)]
    public void A_key_that_the_change_log_does_not_carry_is_refused_unless_deletes_are_ignored(string target, string columns, int errors, int warnings)
    {
        ProjectLoadResult result = ProjectSamples.LoadTask(
            $"{{ name: a, source: {{ connection: shop, dataset: a }}, target: {{ connection: warehouse, table: t, {target} }}{columns} }}");

        result.Problems.Count(p => !p.IsWarning).ShouldBe(errors);
        result.Problems.Count(p => p.IsWarning).ShouldBe(warnings);
        result.Problems.ShouldAllBe(p => p.Path == "jobs.j.tasks[0].target.primary_key" && p.Code == ErrorCodes.Unsupported);
        if (errors > 0)
        {
            Fix(result, "jobs.j.tasks[0].target.primary_key").ShouldNotBeNull().ShouldContain("primary_key: [_id]");
        }
    }

    [Fact]
    public void A_key_may_be_named_by_the_column_that_it_is_mapped_to()
    {
        ProjectSamples.Task("""
            { source: { connection: shop, dataset: a }, target: { connection: warehouse, primary_key: [id] }, columns: [ { from: _id, to: id } ] }
            """).Target.PrimaryKey.ShouldBe(["_id"]);
    }

    [Fact]
    public void An_inherited_mistake_is_reported_once()
    {
        ProjectLoadResult result = ProjectSamples.Load("""
            connections: { shop: { type: mongodb, dump: d }, warehouse: { type: duckdb, path: w } }
            defaults: { max_colums: 3, target: { connection: warehouse } }
            jobs: { j: { source: { connection: shop }, tasks: [ { source: { dataset: a } }, { source: { dataset: b } } ] } }
            """);

        result.Problems.Single().Path.ShouldBe("defaults.max_colums");
    }

    [Fact]
    public void Two_tasks_on_one_table_are_an_error_where_one_may_remove_the_others_rows_and_so_is_one_id_twice()
    {
        ProjectLoadResult result = ProjectSamples.LoadTask("""
            { name: a, id: x, source: { connection: shop, dataset: a }, target: { connection: warehouse, table: raw.t } },
            { name: b, id: x, source: { connection: shop, dataset: b }, target: { connection: warehouse, table: RAW.t } }
            """);

        result.Problems.Select(p => (p.IsWarning, p.Message[..6])).ShouldBe([(false, "The id"), (false, "The ta")], ignoreOrder: true);
    }

    [Theory]
    [InlineData("'*', exclude: [tmp]", "raw.{dataset}", true)]
    [InlineData("'*', exclude: [orders]", "raw.{dataset}", false)]
    [InlineData("'*', exclude: [ord*]", "raw.{dataset}", false)]
    [InlineData("'ord*'", "RAW.{dataset}", true)]
    [InlineData("'*'", "other.{dataset}", false)]
    [InlineData("[customers, orders]", "raw.{dataset}", true)]
    [InlineData("[customers]", "raw.{dataset}", false)]
    [InlineData("'shop.orders'", "{dataset}", false)]
    public void A_pattern_that_meets_another_tasks_table_is_an_error(string datasets, string table, bool isError)
    {
        ProjectLoadResult result = ProjectSamples.LoadTask(
            $$"""
            { name: a, source: { connection: shop, dataset: orders }, target: { connection: warehouse, table: raw.orders } },
            { name: b, source: { connection: shop, dataset: {{datasets}} }, target: { connection: warehouse, table: "{{table}}" } }
            """);
        result.Problems.Where(p => p.Message.Contains("'raw.orders' too", StringComparison.Ordinal)).Count().ShouldBe(isError ? 1 : 0);
        (result.Project is null).ShouldBe(isError);
    }

    [Theory]
    [InlineData("table: x.y.z.q", "", "target.table", "schema.table")]
    [InlineData("table: t", ", columns: [ { to: x } ]", "columns[0].from", "'constant:'")]
    [InlineData("table: t", ", columns: [ { from: price, cast: decimal(20,2) } ]", "columns[0].cast", "\"decimal(20,2)\"")]
    public void A_slip_is_told_with_the_way_to_write_it(string target, string columns, string path, string fix)
    {
        ProjectLoadResult result = ProjectSamples.LoadTask(
            $"{{ name: a, source: {{ connection: shop, dataset: a }}, target: {{ connection: warehouse, {target} }}{columns} }}");

        result.Problems.ShouldHaveSingleItem();
        Fix(result, "jobs.j.tasks[0]." + path).ShouldNotBeNull().ShouldContain(fix);
    }

    [Fact]
    public void Two_tasks_that_only_append_to_one_table_are_a_warning()
    {
        ProjectLoadResult result = ProjectSamples.LoadTask("""
            { name: a, source: { connection: shop, dataset: a, replication_method: full_refresh }, target: { connection: warehouse, table: raw.t, write_disposition: append } },
            { name: b, source: { connection: shop, dataset: b, replication_method: full_refresh }, target: { connection: warehouse, table: raw.t, write_disposition: append } }
            """);

        result.Problems.Select(p => (p.IsWarning, p.Message[..6])).ShouldBe([(true, "The ta")]);
    }

    [Theory]
    [InlineData("a: [1, 2\nb: 3", 1)]
    [InlineData("jobs:\n  j: {\n    tasks: }}", 3)]
    [InlineData("x: *nowhere", 1)]
    [InlineData("a: 1\n---\nb: 2", 2)]
    [InlineData("- a list", 1)]
    public void Broken_yaml_is_a_problem_with_a_line(string yaml, int line)
    {
        ConfigProblem problem = ProjectSamples.Load(yaml).Problems.First(p => p.Code == ErrorCodes.InvalidYaml);

        problem.Line.ShouldBe(line);
        problem.Message.ShouldNotBeNullOrWhiteSpace();
        problem.Message.ShouldNotStartWith("(Line");
    }

    [Fact]
    public void A_key_that_stands_twice_is_a_problem() =>
        ProjectSamples.Load("defaults: {}\ndefaults: {}").Problems.Single().Code.ShouldBe(ErrorCodes.Duplicate);

    [Fact]
    public void Depth_and_alias_expansion_are_bounded()
    {
        string deep = new string('[', 1000) + new string(']', 1000);
        string bomb = string.Join('\n', Enumerable.Range(0, 12).Select(i =>
            $"k{i}: &a{i} [{string.Join(", ", Enumerable.Repeat(i == 0 ? "x" : $"*a{i - 1}", 10))}]"));

        ProjectSamples.Load("a: " + deep).Problems.ShouldContain(p => p.Message.Contains("deeper", StringComparison.Ordinal));
        ProjectSamples.Load(bomb).Problems.ShouldContain(p => p.Message.Contains("more than", StringComparison.Ordinal));
    }

    /// <summary>Random damage to a good file: the loader answers with problems or a project, never with an exception.</summary>
    [Fact]
    public void Damaged_files_never_throw()
    {
        var random = new Random(20261121);
        const string Alphabet = ":{}[]-,#&*!|>'\"%@` \n\tax0~<\\";
        for (int round = 0; round < 3000; round++)
        {
            char[] text = ProjectSamples.Shop.ToCharArray();
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                text[random.Next(text.Length)] = Alphabet[random.Next(Alphabet.Length)];
            }

            string damaged = new(text, 0, random.Next(1, text.Length + 1));
            ProjectSamples.Load(damaged).Problems.ShouldNotContain(p => p.Message.Length == 0, $"round {round}");
        }
    }

    private static string? Fix(ProjectLoadResult result, string path) => result.Problems.Single(p => p.Path == path).Fix;

    [Theory]
    [InlineData("{ type: postgresql, connection_string: \"${DB}\", path: x }", "MR1016", "catalog.path")]
    [InlineData("{ connection_string: \"${DB}\" }", "MR1016", "catalog.connection_string")]
    [InlineData("{ type: sqlite, schema: x }", "MR1016", "catalog.schema")]
    [InlineData("{ type: postgresql, connection_string: \"${DB}\", schema: \"\" }", "MR1012", "catalog.schema")]
    [InlineData("{ type: postgresql }", "MR1013", "catalog.connection_string")]
    public void Settings_of_the_catalog_go_with_its_store(string catalog, string code, string path)
    {
        ProjectLoadResult result = ProjectSamples.Load($"catalog: {catalog}");

        result.Problems.Select(p => (p.Code.Id, p.Path, p.Line)).ShouldBe([(code, path, 1)]);
        result.Problems[0].Fix.ShouldNotBeNull();
    }

    [Fact]
    public void A_catalog_s_connection_string_stays_a_reference_until_it_is_needed()
    {
        ProjectLoadResult result = ProjectLoader.Load(
            [new("millrace.yaml", "catalog: { type: postgresql, connection_string: \"postgresql://me:${PW}@db/c\", schema: ops }")],
            new ConnectorRegistry(),
            [new SecretPlace("the environment", _ => null)]);

        CatalogSettings catalog = result.Required().Catalog;
        catalog.ToString().ShouldNotContain("PW");
        catalog.Schema.ShouldBe("ops");
        result.Unset.Select(p => (p.Code.Id, p.Path, p.Line)).ShouldBe([("MR1003", "catalog.connection_string", 1)]);
        var secrets = new SecretResolver([new("test", name => name == "PW" ? "hunter2" : null)], _ => null);
        catalog.ResolveConnectionString(secrets).ShouldBe("postgresql://me:hunter2@db/c");
        secrets.Scrubber.Scrub("password hunter2").ShouldBe("password ***");
    }
}
