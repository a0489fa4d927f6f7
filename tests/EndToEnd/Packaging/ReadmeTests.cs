using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Packaging;

/// <summary>What the README tells people to type works as it stands.</summary>
public sealed class ReadmeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_project_and_its_commands_work()
    {
        File.WriteAllText(_folder["millrace.yaml"], MarkdownCode.Blocks("yaml").Single());
        string[] commands = [.. MarkdownCode.Blocks("sh").SelectMany(b => b.Split('\n')).Where(l => l.StartsWith("millrace ", StringComparison.Ordinal))];

        commands.Length.ShouldBeGreaterThan(5);
        foreach (string command in commands)
        {
            ProcessOutcome outcome = MillraceProcess.Run(_folder.Path, new Dictionary<string, string>(), command.Split(' ')[1..]);
            outcome.ExitCode.ShouldBe(0, $"{command}\n{outcome.All}");
        }
    }
}
