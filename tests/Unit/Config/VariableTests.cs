using Millrace.Core.Config;
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
