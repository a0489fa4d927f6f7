using System.Text.RegularExpressions;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Terminal;

/// <summary>What a run draws on a terminal.</summary>
public sealed partial class LiveDisplayTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(120, "task  *rows  *bytes  *rate  *lag  *left  *committed")]
    [InlineData(80, "task  *rows  *")]
    [InlineData(40, "task  *rows")]
    [InlineData(12, "task")]
    public void Figures_are_drawn_over_each_other_and_fit(int columns, string header)
    {
        string drawn = Run(columns, []);

        // Each frame begins where the one before began: a header, one line a task, the same height again and again.
        string[] frames = CursorUp().Split(drawn);
        frames.Length.ShouldBeGreaterThan(2);
        foreach (string line in frames[..^1].SelectMany(f => Escape().Replace(f, "").Split('\n')))
        {
            line.Trim('\r', ' ').Length.ShouldBeLessThanOrEqualTo(columns, line);
        }

        Escape().Replace(frames[^2], "").ShouldMatch(header);
        CursorUp().Matches(drawn).Select(m => m.Value).Distinct().Count().ShouldBeLessThanOrEqualTo(2);
        drawn.TrimEnd().ShouldMatch(@"run 1 of load: succeeded in [^\n]*$");
        drawn.ShouldContain("\u001b[?25h"); // the cursor is shown again
    }

    [Fact]
    public void A_dumb_terminal_gets_plain_lines()
    {
        string drawn = Run(80, new() { ["TERM"] = "dumb" });

        drawn.ShouldNotContain("\u001b");
        drawn.ShouldContain("rows so far");
        drawn.Split('\n').ShouldAllBe(l => !l.TrimEnd('\r').Contains('\r'));
    }

    [Fact]
    public void No_colour_is_used_where_none_is_wanted() =>
        Colour().IsMatch(Run(120, new() { ["NO_COLOR"] = "1" })).ShouldBeFalse();

    private string Run(int columns, Dictionary<string, string> environment)
    {
        TerminalProcess.Needs("python3");
        Assert.SkipUnless(File.Exists(Path.Combine(Repository.Root, "artifacts", "bin", "millrace")), "artifacts/bin/millrace is not built");
        MillraceProcess.Run(_folder.Path, environment, "sample", "shop", "--out", "dump", "--orders", "30000").ShouldExitWith(0);
        File.WriteAllText(_folder["millrace.yaml"], """
            connections:
              backup: { type: mongodb, dump: dump, database: shop }
              warehouse: { type: duckdb, path: warehouse.duckdb }
            jobs:
              load:
                tasks:
                  - name: everything
                    source: { connection: backup, dataset: "*" }
                    target: { connection: warehouse, table: "raw.{dataset}" }
                    commit_every: { rows: 3000 }
            """);
        return TerminalProcess.Run(_folder.Path, columns, environment, [], "millrace", "run", "load").ShouldExitWith(0).Output;
    }

    [GeneratedRegex("\u001b\\[[0-9]+A")]
    private static partial Regex CursorUp();

    [GeneratedRegex("\u001b(\\[[0-9;?]*[A-Za-z]|[=>])")]
    private static partial Regex Escape();

    [GeneratedRegex("\u001b\\[[0-9;]*[34][0-9][0-9;]*m")]
    private static partial Regex Colour();
}
