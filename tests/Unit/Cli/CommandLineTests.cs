using System.CommandLine;
using System.Text.Json;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Core.Errors;

namespace Millrace.UnitTests.Cli;

public sealed class CommandLineTests
{
    public static TheoryData<string> Verbs => [.. Leaves(MillraceCommandLine.Create(), "").Select(v => v.Words)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Every_verb_has_help_with_examples_and_the_common_options(string words)
    {
        CommandLineHarness.Printed help = await CommandLineHarness.RunAsync([.. words.Split(' '), "--help"]);

        help.ExitCode.ShouldBe(0);
        help.Output.ShouldContain("Examples:");
        help.Output.ShouldContain("--json");
        help.Output.ShouldContain("--project");
        help.Error.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Examples_parse(string words)
    {
        Verb verb = Leaves(MillraceCommandLine.Create(), "").Single(v => v.Words == words).Verb;

        foreach (string example in verb.Examples.Where(e => e.StartsWith("millrace ", StringComparison.Ordinal)))
        {
            string line = example.Split('#', '>', '|', '&')[0]["millrace ".Length..].Trim();
            MillraceCommandLine.Create().Parse(line).Errors.ShouldBeEmpty(example);
        }
    }

    [Fact]
    public async Task A_wrong_option_is_an_invalid_argument()
    {
        CommandLineHarness.Printed printed = await CommandLineHarness.RunAsync("sample", "shop", "--out", "x", "--ordres", "5");

        printed.ExitCode.ShouldBe(2);
        printed.Output.ShouldBeEmpty();
        printed.Error.ShouldContain("MR1002");
        printed.Error.ShouldContain("--ordres");
        printed.Error.ShouldContain("millrace sample shop --help");
    }

    [Fact]
    public async Task Errors_are_json_where_json_is_asked_for()
    {
        CommandLineHarness.Printed printed = await CommandLineHarness.RunAsync("sample", "shop", "--out", "x", "--orders", "0", "--json");

        printed.ExitCode.ShouldBe(2);
        printed.Error.ShouldBeEmpty();
        JsonElement error = JsonDocument.Parse(printed.Output).RootElement.GetProperty("errors")[0];
        error.GetProperty("code").GetString().ShouldBe("MR1002");
        error.GetProperty("kind").GetString().ShouldBe("configuration");
    }

    [Fact]
    public void The_user_s_own_mistakes_come_before_the_surroundings_in_the_exit_code()
    {
        ReportedError run = ReportedError.Of(new MillraceException(ErrorCodes.CheckFailed, "x"), new());
        ReportedError environment = ReportedError.Of(new MillraceException(ErrorCodes.FileUnavailable, "x"), new());
        ReportedError configuration = ReportedError.Of(new MillraceException(ErrorCodes.SecretMissing, "x"), new());

        ExitCodes.For([run]).ShouldBe(1);
        ExitCodes.For([run, environment]).ShouldBe(3);
        ExitCodes.For([environment, configuration]).ShouldBe(2);
    }

    [Fact]
    public void What_has_no_code_gets_the_nearest_one()
    {
        ErrorReading.Read(new UnauthorizedAccessException("no"), new()).Single().Code.ShouldBe(ErrorCodes.FileUnavailable);
        ErrorReading.Read(new InvalidOperationException("odd"), new()).Single().Code.ShouldBe(ErrorCodes.Internal);
        ErrorReading.Read(new AggregateException(new MillraceException(ErrorCodes.Fenced, "a"), new IOException("b")), new())
            .Select(e => e.Code).ShouldBe([ErrorCodes.Fenced, ErrorCodes.FileUnavailable]);
    }

    [Theory]
    [InlineData("runs --status foo", "'foo' is no value for --status, which takes one of running, succeeded, failed, cancelled, lost.")]
    [InlineData("runs --limit foo", "'foo' is no value for --limit, which takes a whole number.")]
    [InlineData("runs foo", "'foo' is no value for run, which takes a whole number.")]
    [InlineData("quarantine drop load --id 1 --id foo", "'foo' is no value for --id, which takes a whole number.")]
    public async Task A_value_that_cannot_be_read_is_told_without_the_program_s_types(string line, string message)
    {
        CommandLineHarness.Printed printed = await CommandLineHarness.RunAsync(line.Split(' '));

        printed.ExitCode.ShouldBe(2);
        printed.Error.ShouldContain(message);
        printed.Error.ShouldNotContain("System.");
        printed.Error.ShouldNotContain("Millrace.");
    }

    [Theory]
    [InlineData("run load --max-rows 0", "'0' is not a number of rows; write 1 or more.")]
    [InlineData("preview load --limit 0", "'0' is not a number of rows; write 1 or more.")]
    [InlineData("preview load --limit -3", "'-3' is not a number of rows; write 1 or more.")]
    [InlineData("quarantine list load --limit 0", "'0' is not a number of rows; write 1 or more.")]
    [InlineData("runs --limit 0", "'0' is not a number of runs; write 1 or more.")]
    [InlineData("runs --limit -1", "'-1' is not a number of runs; write 1 or more.")]
    [InlineData("logs --limit 0", "'0' is not a number of lines; write 1 or more.")]
    [InlineData("logs 12 --limit -1", "'-1' is not a number of lines; write 1 or more.")]
    public async Task A_number_of_things_to_show_or_move_is_one_or_more(string line, string message)
    {
        CommandLineHarness.Printed printed = await CommandLineHarness.RunAsync(line.Split(' '));

        printed.ExitCode.ShouldBe(2);
        printed.Error.ShouldContain(message);
    }

    [Fact]
    public async Task A_sample_where_no_folder_can_be_made_is_told_so()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self"), "there is no /proc");
        CommandLineHarness.Printed printed = await CommandLineHarness.RunAsync("sample", "shop", "--out", "/proc/x");

        printed.ExitCode.ShouldBe(3);
        printed.Error.ShouldContain("MR1004: The sample cannot be written to /proc/x. No folder can be made there.");
        printed.Error.ShouldContain("--out");
    }

    [Fact]
    public async Task Completion_knows_the_verbs()
    {
        CommandLineHarness.Printed printed = await CommandLineHarness.RunAsync("[suggest:10]", "millrace s");

        printed.Output.Split('\n', StringSplitOptions.TrimEntries).ShouldContain("sample");
    }

    private static IEnumerable<(string Words, Verb Verb)> Leaves(Command command, string words) => command.Subcommands
        .OfType<Verb>().Where(v => !v.Hidden).SelectMany(v =>
        {
            string path = $"{words} {v.Name}".Trim();
            return v.Subcommands.Count == 0 ? [(path, v)] : Leaves(v, path);
        });
}
