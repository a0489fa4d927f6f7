using System.Text.RegularExpressions;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Projects;
using Millrace.Cli.Reference;
using Millrace.UnitTests.ArchitectureRules;

namespace Millrace.UnitTests.Cli;

public sealed partial class ReferencePagesTests
{
    private static readonly IReadOnlyDictionary<string, string> Pages =
        ReferencePages.All(ConnectorList.Registry, MillraceCommandLine.Create());

    public static TheoryData<string> Paths => [.. Pages.Keys];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Generated_pages_are_fresh(string path)
    {
        string file = Path.Combine(Repository.Root, "docs", path);

        File.Exists(file).ShouldBeTrue($"docs/{path} is missing. Run: artifacts/bin/millrace docs");
        (File.ReadAllText(file) == Pages[path]).ShouldBeTrue($"docs/{path} is stale. Run: artifacts/bin/millrace docs");
    }

    [Fact]
    public void No_page_is_left_over()
    {
        string docs = Path.Combine(Repository.Root, "docs");
        ((string[])["connectors", "reference"]).SelectMany(f => Directory.EnumerateFiles(Path.Combine(docs, f)))
            .Select(f => Path.GetRelativePath(docs, f).Replace('\\', '/')).Except(Pages.Keys).ShouldBeEmpty();
    }

    [Fact]
    public void Error_codes_are_unique_and_well_formed()
    {
        string[] codes = [.. CodeInTable().Matches(Pages["reference/errors.md"]).Select(m => m.Groups[1].Value)];

        codes.ShouldBeUnique();
        codes.Length.ShouldBeGreaterThan(20);
    }

    [GeneratedRegex(@"^\| (MR\d{4}) \|", RegexOptions.Multiline)]
    private static partial Regex CodeInTable();
}
