using System.Text.RegularExpressions;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Packaging;

/// <summary>The code blocks of the README.</summary>
internal static partial class MarkdownCode
{
    /// <summary>Blocks of one language, in order.</summary>
    public static IReadOnlyList<string> Blocks(string language) =>
        [.. Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md")))
            .Where(m => m.Groups["language"].Value == language).Select(m => m.Groups["code"].Value)];

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
