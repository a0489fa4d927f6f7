using Millrace.Core.Config;

namespace Millrace.UnitTests.Config;

public sealed class OrderRulesTests
{
    [Theory]
    [InlineData("order: 1", "order: 1", "MR1015", "jobs.j.tasks[1]")]
    [InlineData("depends_on: [b]", "depends_on: [a]", "MR1020", "jobs.j.tasks[0].depends_on")]
    [InlineData("depends_on: [a]", "", "MR1020", "jobs.j.tasks[0].depends_on")]
    [InlineData("", "depends_on: [c]", "MR1014", "jobs.j.tasks[1].depends_on")]
    public void Orders_that_cannot_be_kept_are_told(string first, string second, string code, string path)
    {
        ConfigProblem problem = Load($"j: {{ tasks: [ {TaskOf("a", "T", first)}, {TaskOf("b", "T", second)} ] }}").Problems.ShouldHaveSingleItem();
        (problem.Code.Id, problem.Path).ShouldBe((code, path));
        problem.Line.ShouldBe(3);
    }

    [Fact]
    public void A_task_cannot_wait_for_a_later_step() =>
        Load($"j: {{ tasks: [ {TaskOf("a", "T", "depends_on: [b]")}, {TaskOf("b", "L", "")} ] }}").Problems.ShouldHaveSingleItem()
            .Message.ShouldContain("which comes later");

    [Fact]
    public void Order_counts_within_a_step_alone() =>
        Load($"j: {{ tasks: [ {TaskOf("a", "T", "order: 1")}, {TaskOf("b", "L", "order: 1")}, {TaskOf("c", "L", "")} ] }}").Problems.ShouldBeEmpty();

    [Theory]
    [InlineData("[k]", "[i]", "[j]", "Jobs start each other in a circle: i -> j -> k -> i.")]
    [InlineData("[]", "[x]", "[]", "There is no job 'x'.")]
    public void Jobs_that_follow_each_other_end_somewhere(string j, string k, string i, string message) =>
        Load($"j: {{ on_success: {j}, tasks: [ {TaskOf("a", "T", "")} ] }}\n  k: {{ on_success: {k}, tasks: [ {TaskOf("a", "T", "")} ] }}\n  i: {{ on_success: {i}, tasks: [ {TaskOf("a", "T", "")} ] }}")
            .Problems.ShouldHaveSingleItem().Message.ShouldBe(message);

    private static string TaskOf(string name, string step, string more) =>
        $"{{ name: {name}, step: {step}, run: {{ connection: lab, sql: SELECT 1 }}{(more.Length == 0 ? "" : ", " + more)} }}";

    private static ProjectLoadResult Load(string jobs) => ProjectSamples.Load($"connections: {{ lab: {{ type: lab }} }}\njobs:\n  {jobs}");
}
