using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Shouldly;
using Xunit;

namespace Millrace.Testing.Conformance;

/// <summary>The version of Millrace's own tables.</summary>
public abstract partial class DestinationConformance
{
    private const string LayoutVersion = "SELECT \"version\" FROM \"_millrace_layout\"";

    /// <summary>A store of a time before there was a version is read, gets one with the next load, and loses nothing.</summary>
    [Fact]
    public async Task A_store_without_a_layout_version_goes_on_and_gets_one()
    {
        TableWrite write = Write(Schema);
        Checkpoint stored;
        await using (IDestination destination = Open())
        {
            var runner = new LoadRunner(destination);
            await runner.RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
            stored = runner.Stored!;
        }

        string version = (await QueryAsync(LayoutVersion)).ShouldHaveSingleItem()[0]!;
        await ExecuteAsync("DROP TABLE \"_millrace_layout\"");
        await using IDestination later = Open();
        (await later.CommittedAsync("job/task", Token)).ShouldBe([stored]);
        (await later.DescribeAsync(Table, Token))!.IsManaged.ShouldBeTrue();
        var next = new LoadRunner(later) { Stored = stored };
        await next.RunAsync(write, "log/2", [Batch(Insert(2, "k2", 2, "y"))], cancellationToken: Token);

        (await QueryAsync(LayoutVersion)).ShouldHaveSingleItem()[0].ShouldBe(version);
        (await StateAsync(write)).ShouldBe(["k1|1|x|live", "k2|2|y|live"]);
    }

    /// <summary>What a newer program has written is neither read nor changed.</summary>
    [Fact]
    public async Task A_store_of_a_newer_layout_is_refused()
    {
        TableWrite write = Write(Schema);
        await using (IDestination destination = Open())
        {
            await new LoadRunner(destination).RunAsync(write, "log/1", [Batch(Insert(1, "k1", 1, "x"))], cancellationToken: Token);
        }

        await ExecuteAsync("UPDATE \"_millrace_layout\" SET \"version\" = \"version\" + 1");
        await using (IDestination older = Open())
        {
            Func<Task>[] members =
            [
                () => older.CommittedAsync("job/task", Token).AsTask(),
                () => older.DescribeAsync(Table, Token).AsTask(),
                () => older.PrepareAsync(new LoadRunner(older).Request(write), Token).AsTask(),
                () => older.ReplaceCheckpointsAsync("job/task", [], Token).AsTask(),
                () => ((IQuarantineStore)older).ListAsync(null, 10, Token).AsTask(),
            ];
            foreach (Func<Task> member in members)
            {
                MillraceException refused = await member.ShouldThrowAsync<MillraceException>();
                refused.Code.ShouldBe(ErrorCodes.NewerLayout);
                refused.Fix.ShouldNotBeNull().ShouldContain("Upgrade");
            }
        }

        await ExecuteAsync("UPDATE \"_millrace_layout\" SET \"version\" = \"version\" - 1");
        await using IDestination again = Open();
        (await again.CommittedAsync("job/task", Token)).Count.ShouldBe(1);
        (await StateAsync(write)).ShouldBe(["k1|1|x|live"]);
    }
}
