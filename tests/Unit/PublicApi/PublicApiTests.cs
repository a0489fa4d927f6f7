using System.Reflection;
using Millrace.UnitTests.ArchitectureRules;

namespace Millrace.UnitTests.PublicApi;

/// <summary>
/// The public surface of the libraries changes on purpose or not at all. After a wanted change run the tests once with
/// MILLRACE_UPDATE_BASELINES=1 and commit the difference.
/// </summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData("Millrace.Core")]
    [InlineData("Millrace.Connectors")]
    public void The_surface_is_the_committed_one(string assembly)
    {
        string baseline = Path.Combine(Repository.Root, "src", assembly, "PublicAPI.txt");
        string now = PublicApiText.Of(Assembly.Load(assembly));
        if (Environment.GetEnvironmentVariable("MILLRACE_UPDATE_BASELINES") == "1")
        {
            File.WriteAllText(baseline, now);
        }

        string[] committed = File.Exists(baseline) ? File.ReadAllLines(baseline) : [];
        string[] lines = now.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] difference = [.. lines.Except(committed).Select(l => "+ " + l), .. committed.Except(lines).Select(l => "- " + l)];

        difference.ShouldBeEmpty($"src/{assembly}/PublicAPI.txt differs; if that is meant: MILLRACE_UPDATE_BASELINES=1, and commit it");
    }

    [Fact]
    public void The_text_shows_what_callers_see()
    {
        string text = PublicApiText.Of(Assembly.Load("Millrace.Core"));

        text.ShouldContain("sealed class Millrace.Core.Errors.MillraceException : Exception");
        text.ShouldContain("  Fix: String? { get; }");
        text.ShouldContain("interface Millrace.Core.Contracts.ISource : IAsyncDisposable");
        text.ShouldNotContain("EqualityContract");
    }
}
