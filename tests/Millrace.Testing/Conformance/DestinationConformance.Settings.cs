using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Shouldly;
using Xunit;

namespace Millrace.Testing.Conformance;

/// <summary>A task whose settings were changed between two runs.</summary>
public abstract partial class DestinationConformance
{
    /// <summary>Rows that were written in another way are not mixed with; the table as it was, and the fix of the error, are both good.</summary>
    [Theory]
    [InlineData("upsert", "scd2", false)]
    [InlineData("scd2", "upsert", false)]
    [InlineData("upsert", "other_key", false)]
    [InlineData("upsert", "incremental", false)]
    [InlineData("incremental", "upsert", false)]
    [InlineData("append", "upsert", false)]
    [InlineData("upsert", "append", false)]
    [InlineData("upsert", "delete_insert", true)]
    [InlineData("delete_insert", "upsert", true)]
    [InlineData("upsert", "insert_only", true)]
    [InlineData("upsert", "hard", true)]
    [InlineData("hard", "ignore", true)]
    [InlineData("append", "append", true)]
    public async Task A_table_that_was_written_in_another_way_is_refused_until_it_is_dropped(string first, string second, bool isFitting)
    {
        await using (IDestination destination = Open())
        {
            await LoadMarkedAsync(destination, "job/one", Way(first), "k1");
        }

        TableWrite next = Way(second);
        await using IDestination later = Open();
        if (!isFitting)
        {
            for (int attempt = 0; attempt < 2; attempt++)
            {
                MillraceException refused = await Should.ThrowAsync<MillraceException>(() => LoadMarkedAsync(later, "job/one", next, "k2"));
                refused.Code.ShouldBe(ErrorCodes.TableWrittenOtherwise);
                refused.Fix.ShouldNotBeNull().ShouldContain($"DROP TABLE {Quote(Table)}");
            }

            (await QueryAsync($"SELECT \"_id\" FROM {Quote(Table)}")).ShouldHaveSingleItem()[0].ShouldBe("k1");
            await using (IDestination back = Open())
            {
                await LoadMarkedAsync(back, "job/one", Way(first), "k3");
            }

            await ExecuteAsync($"DROP TABLE {Quote(Table)}");
        }

        await LoadMarkedAsync(later, "job/one", next, "k2");
        (await QueryAsync($"SELECT \"_id\" FROM {Quote(Table)} ORDER BY 1")).Select(r => r[0]).ShouldBe(isFitting ? ["k1", "k2"] : ["k2"]);
    }

    /// <summary>A replace brings its own table, so it follows anything; what comes after it may not.</summary>
    [Fact]
    public async Task A_replace_follows_a_merge_in_its_next_generation_and_no_merge_follows_it()
    {
        await using (IDestination destination = Open())
        {
            await LoadMarkedAsync(destination, "job/one", Way("upsert"), "k1");
        }

        async Task ReplaceAsync(int generation)
        {
            await using IDestination destination = Open();
            var runner = new LoadRunner(destination, "job/one")
            {
                Generation = generation,
                Stored = (await destination.CommittedAsync("job/one", Token)).Single(c => c.Partition == "log"),
            };
            await runner.RunAsync(Way("replace"), "log/all", [LoadRunner.Batch(Schema, [Insert(1, "k2", 1, "x")], false)], true, Token);
        }

        (await Should.ThrowAsync<MillraceException>(() => ReplaceAsync(1))).Code.ShouldBe(ErrorCodes.TableWrittenOtherwise);
        await ReplaceAsync(2);
        (await QueryAsync($"SELECT \"_id\" FROM {Quote(Table)}")).ShouldHaveSingleItem()[0].ShouldBe("k2");
        await using IDestination later = Open();
        (await Should.ThrowAsync<MillraceException>(() => LoadMarkedAsync(later, "job/one", Way("upsert"), "k3"))).Code
            .ShouldBe(ErrorCodes.TableWrittenOtherwise);
    }

    private static TableWrite Way(string name) => name switch
    {
        "upsert" => Write(Schema),
        "delete_insert" => Write(Schema, MergeStrategy.DeleteInsert),
        "insert_only" => Write(Schema, MergeStrategy.InsertOnly),
        "scd2" => Write(Schema, MergeStrategy.Scd2),
        "hard" => Write(Schema, mode: DeleteMode.Hard),
        "ignore" => Write(Schema, mode: DeleteMode.Ignore),
        "incremental" => Write(Schema, isChangeCapture: false),
        "other_key" => Write(Schema with { Key = ["b"] }),
        "append" => new(Schema with { Key = [] }, WriteDisposition.Append) { IsChangeCapture = true },
        "replace" => new(Schema, WriteDisposition.Replace),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };
}
