using System.Text.RegularExpressions;

namespace Millrace.UnitTests.ArchitectureRules;

/// <summary>Habits that a compiler does not check.</summary>
public sealed partial class HouseRuleTests
{
    private const int LongestFile = 450;

    // Split, so that this file does not break its own rule.
    private static readonly string[] Unfinished = ["TO" + "DO", "FIX" + "ME", "HA" + "CK:", "NotImplemented" + "Exception"];

    [Fact]
    public void A_file_holds_one_thing_and_stays_short() =>
        Repository.SourceFiles("src").Select(f => (File: Path.GetRelativePath(Repository.Root, f), Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > LongestFile).ShouldBeEmpty();

    [Fact]
    public void Nothing_is_left_for_later() =>
        Repository.SourceFiles("src").Concat(Repository.SourceFiles("tests"))
            .SelectMany(f => File.ReadLines(f).Select((line, i) => (Line: line, At: $"{Path.GetRelativePath(Repository.Root, f)}:{i + 1}")))
            .Where(l => Unfinished.Any(word => l.Line.Contains(word, StringComparison.Ordinal)))
            .Select(l => l.At).ShouldBeEmpty();

    [Fact]
    public void A_count_is_printed_with_its_noun_in_the_right_number() =>
        Repository.SourceFiles("src")
            .SelectMany(f => File.ReadLines(f).Select((line, i) => (Line: line, At: $"{Path.GetRelativePath(Repository.Root, f)}:{i + 1}")))
            .Where(l => CountWithPlural().IsMatch(l.Line))
            .Select(l => l.At).ShouldBeEmpty("Quantity.Of writes a count and its noun");

    [Fact]
    public void No_file_names_a_place_on_one_machine() =>
        Repository.SourceFiles("src").Concat(Repository.SourceFiles("tests"))
            .Where(f => File.ReadAllText(f).Contains("\"/" + "work/", StringComparison.Ordinal)).ShouldBeEmpty();

    [GeneratedRegex(@"(\{[^{}""]*([Cc]ount|Length|:N0|\b[Rr]ows|Rows\w*|Values|Quarantined|quarantined|missing|Loads)\} [a-z]+s\b(?!/))|\(s\) ?[""{]")]
    private static partial Regex CountWithPlural();
}
