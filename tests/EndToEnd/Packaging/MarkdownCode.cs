using System.Text.RegularExpressions;
using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Packaging;

/// <summary>The code blocks of a page, the README where none is named.</summary>
internal static partial class MarkdownCode
{
    /// <summary>Blocks of one language, in order.</summary>
    /// <param name="language">The word after the fence.</param>
    /// <param name="file">The file, from the repository's folder.</param>
    public static IReadOnlyList<string> Blocks(string language, string file = "README.md") =>
        [.. Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, file)))
            .Where(m => m.Groups["language"].Value == language).Select(m => m.Groups["code"].Value)];

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
