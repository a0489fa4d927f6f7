using Millrace.Core.Config;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Errors;

namespace Millrace.UnitTests.Config;

/// <summary><c>${NAME}</c> in the settings of jobs.</summary>
public sealed class VariableTests
{
    private const string Task = """
        { name: a, source: { connection: shop, dataset: "${DATASET}" }, target: { connection: warehouse, table: "raw_${STAGE}.{dataset}" }, limits: { run_max_rows: "${ROWS}" }, checks: [ { sql: "x <> '$${STAGE}'" } ] }
        """;

    [Fact]
    public void They_are_expanded_in_settings_of_any_type()
    {
        ProjectLoadResult result = ProjectSamples.LoadTask(Task, ("DATASET", "orders"), ("STAGE", "dev"), ("ROWS", "5"));

        TaskDefinition task = result.Required().Jobs[0].Tasks[0].Move.ShouldNotBeNull();
        task.Source.Datasets.Include.ShouldBe(["orders"]);
        task.Target.Table.ShouldBe("raw_dev.{dataset}");
        task.Limits.MaxRows.ShouldBe(5);
        task.Checks.Single().Sql.ShouldBe("x <> '${STAGE}'");
        DefinitionJson.Of(result.Required().Jobs[0].Tasks[0]).ShouldContain("raw_dev.{dataset}");
    }

    [Fact]
    public void One_that_is_not_set_is_told_with_its_place()
    {
        ConfigProblem problem = ProjectSamples.LoadTask(Task, ("DATASET", "orders"), ("ROWS", "5")).Problems.Single(p => !p.IsWarning);

        problem.Code.ShouldBe(ErrorCodes.SecretMissing);
        problem.Path.ShouldBe("jobs.j.tasks[0].target.table");
        problem.File.ShouldBe("millrace.yaml");
        problem.Line.ShouldBe(8);
        problem.Message.ShouldContain("refers to ${STAGE}, which is not set. Looked in the environment: no STAGE.");
        problem.Fix.ShouldNotBeNull().ShouldContain("export STAGE=");
    }

    [Theory]
    [InlineData("${STAGE}.{dataset}", "'.{dataset}' lacks the name of its schema.")]
    [InlineData("raw.${STAGE}", "'raw.' lacks the name of its table.")]
    [InlineData("${STAGE}", "'' lacks the name of its table.")]
    public void One_that_is_empty_leaves_no_table_without_a_name(string table, string message)
    {
        ConfigProblem problem = ProjectSamples.LoadTask(
            $$"""{ name: a, source: { connection: shop, dataset: a }, target: { connection: warehouse, table: "{{table}}" } }""", ("STAGE", ""))
            .Problems.ShouldHaveSingleItem();

        (problem.Code, problem.IsWarning, problem.File, problem.Line, problem.Path).ShouldBe((ErrorCodes.InvalidValue, false, "millrace.yaml", 8, "jobs.j.tasks[0].target.table"));
        problem.Message.ShouldBe(message);
        problem.Fix.ShouldNotBeNull().ShouldContain("A variable in it may be set to nothing.");
    }

    [Fact]
    public void Those_of_connections_and_masks_that_are_not_set_are_told_all_at_once_with_their_places()
    {
        SecretPlace[] places = [new("the environment", name => name == "SET" ? "x" : null), new("shop/.env", _ => null) { IsFile = true }];
        ProjectLoadResult result = ProjectLoader.Load(
            [
                new("millrace.yaml", """
                    connections:
                      shop: { type: mongodb, uri: "${SET}", database: "${A}_${B}" }
                      warehouse:
                        type: duckdb
                        path: "${C}"
                    defaults: { mask_key: "${UNUSED}" }
                    jobs:
                      j:
                        tasks:
                          - name: a
                            source: { connection: shop, dataset: a }
                            target: { connection: warehouse, table: a }
                            columns: [ { from: x, mask: hmac_sha256, mask_key: "${KEY}" }, { from: y, mask: redact } ]
                    """),
            ],
            ProjectSamples.Connectors,
            places);

        result.Project.ShouldNotBeNull();
        result.Unset.Select(p => (p.Line, p.Path, p.Code.Id)).ShouldBe(
        [
            (2, "connections.shop.database", "MR1003"), (2, "connections.shop.database", "MR1003"), (5, "connections.warehouse.path", "MR1003"),
            (13, "jobs.j.tasks[0].columns[0].mask_key", "MR1003"),
        ]);
        result.Unset[1].Message.ShouldBe("connections.shop.database refers to ${B}, which is not set. Looked in the environment: no B; shop/.env: no B.");
        result.Unset[1].Fix.ShouldBe("Set B in the environment, for example: export B=…, or write B=… as a line of shop/.env.");
    }

    [Fact]
    public void A_value_that_does_not_fit_its_setting_is_told_as_any()
    {
        ConfigProblem problem = ProjectSamples.LoadTask(Task, ("DATASET", "orders"), ("STAGE", "dev"), ("ROWS", "many")).Problems.Single(p => !p.IsWarning);

        problem.Message.ShouldContain("'run_max_rows' must be a whole number; 'many' is not.");
    }

    [Fact]
    public void A_mask_s_key_stays_a_reference()
    {
        const string Masked = """
            { name: a, source: { connection: shop, dataset: orders }, target: { connection: warehouse, table: raw.orders }, columns: [ { from: x, to: x, mask: hmac_sha256, mask_key: "${KEY}" } ] }
            """;

        ProjectSamples.LoadTask(Masked, ("KEY", "s3cret")).Required().Jobs[0].Tasks[0].Move!.Columns.Single().MaskKey.ShouldBe("${KEY}");
    }
}
