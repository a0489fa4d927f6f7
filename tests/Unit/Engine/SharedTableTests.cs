using Millrace.Core.Errors;
using Millrace.Testing.Fakes;

namespace Millrace.UnitTests.Engine;

/// <summary>Two datasets whose names come to one table: nothing is written rather than one over the other.</summary>
public sealed class SharedTableTests
{
    [Theory]
    [InlineData("Case", "case", true, true)]
    [InlineData("Case", "case", false, false)]
    [InlineData("x.y", "x_y", true, true)]
    [InlineData("x.y", "x_y", false, true)]
    [InlineData("a", "b", true, false)]
    public async Task Datasets_of_one_table_are_refused_before_anything_is_written(string first, string second, bool ignoresCase, bool isRefused)
    {
        var store = new MemoryStore { IgnoresCase = ignoresCase };
        ScriptedChange[] changes = [new("other", "0", "0"), new(first, "1", "a"), new(second, "1", "b")];

        async Task Run() => await TaskEngineTests.Engine(new() { ["log"] = changes }, store, commitRows: 1, datasets: ["other", first, second])
            .RunAsync(TestContext.Current.CancellationToken);

        if (isRefused)
        {
            MillraceException error = await Should.ThrowAsync<MillraceException>(Run);
            (error.Code, error.ConfigPath).ShouldBe((ErrorCodes.InvalidConfiguration, "target.table"));
            error.Message.ShouldContain(first);
            error.Message.ShouldContain(second);
            store.Tables.ShouldBeEmpty();
            store.Checkpoints.ShouldBeEmpty();
        }
        else
        {
            await Run();
            store.Tables.Count.ShouldBe(3);
        }
    }

    [Fact]
    public async Task A_dataset_that_only_the_log_brings_is_refused_too()
    {
        var store = new MemoryStore { IgnoresCase = true };
        ScriptedChange[] changes = [new("Case", "1", "a"), new("case", "1", "b")];

        MillraceException error = await Should.ThrowAsync<MillraceException>(
            async () => await TaskEngineTests.Engine(new() { ["log"] = changes }, store, commitRows: 1, datasets: ["Case"])
                .RunAsync(TestContext.Current.CancellationToken));

        error.Code.ShouldBe(ErrorCodes.InvalidConfiguration);
        store.Tables.Single().Value.Values.ShouldBe(["a"]);
    }
}
