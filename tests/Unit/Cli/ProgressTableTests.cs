using Millrace.Cli.Runs;

namespace Millrace.UnitTests.Cli;

public sealed class ProgressTableTests
{
    [Fact]
    public void Every_width_holds_its_lines_and_what_matters_stays_longest()
    {
        ProgressTable table = Table();
        string before = "";
        for (int width = 1; width <= 200; width++)
        {
            string[] lines = [.. table.Lines(width)];
            lines.Length.ShouldBe(3);
            lines.ShouldAllBe(l => l.Length <= width);
            string columns = lines[0].Replace(" ", "", StringComparison.Ordinal);
            columns.Length.ShouldBeGreaterThanOrEqualTo(before.Length, $"width {width}");
            before = columns;
        }

        before.ShouldBe("taskrowsbytesratelagleftcommitted");
        table.Lines(20).First().ShouldBe("task        rows");
        table.Lines(40).Last().ShouldBe("everything  5");
    }

    [Fact]
    public void A_line_that_is_set_again_takes_the_place_of_the_old_one()
    {
        ProgressTable table = Table();
        table.Set(1, ["everything", "7", "1 B", "", "", "", "7"]);

        table.Count.ShouldBe(2);
        table.Lines(200).Last().ShouldStartWith("everything  7");
    }

    private static ProgressTable Table()
    {
        var table = new ProgressTable();
        table.Set(0, ["orders", "63,667", "20.9 MB", "46,351 rows/s, 15.2 MB/s", "228.0 days", "0 B (100% read)", "33,600"]);
        table.Set(1, ["everything", "5", "", "", "", "", ""]);
        return table;
    }
}
