using System.Text.Json;

namespace Millrace.UnitTests.Bson;

/// <summary>One case of MongoDB's BSON corpus.</summary>
/// <param name="File">The corpus file that it is in.</param>
/// <param name="Deprecated">Whether the file is about a deprecated type.</param>
/// <param name="Json">The case as it stands in the file.</param>
public sealed record CorpusCase(string File, bool Deprecated, JsonElement Json)
{
    public string Name => $"{File}: {Json.GetProperty("description").GetString()}";

    public bool Lossy => Json.TryGetProperty("lossy", out var lossy) && lossy.GetBoolean();

    public string? Text(string property) => Json.TryGetProperty(property, out var value) ? value.GetString() : null;

    public byte[]? Bytes(string property) => Text(property) is { } hex ? Convert.FromHexString(hex) : null;
}

/// <summary>MongoDB's BSON corpus.</summary>
public static class BsonCorpus
{
    public static IReadOnlyList<CorpusCase> Cases(string kind)
    {
        var cases = new List<CorpusCase>();
        foreach (var file in Directory.EnumerateFiles(Folder(), "*.json").Order(StringComparer.Ordinal))
        {
            var root = JsonDocument.Parse(File.ReadAllBytes(file)).RootElement;
            var deprecated = root.TryGetProperty("deprecated", out var flag) && flag.GetBoolean();
            if (root.TryGetProperty(kind, out var list))
            {
                cases.AddRange(list.EnumerateArray().Select(json => new CorpusCase(Path.GetFileNameWithoutExtension(file), deprecated, json)));
            }
        }

        return cases;
    }

    /// <summary>Every valid document of the corpus and, where the folder is absent, none.</summary>
    public static IReadOnlyList<byte[]> ValidDocuments() => TryFolder() is null
        ? []
        : [.. Cases("valid").Select(c => c.Bytes("canonical_bson")).OfType<byte[]>()];

    private static string Folder()
    {
        var folder = TryFolder();
        if (folder is null)
        {
            Assert.Skip("The BSON corpus is absent: put it into ../shared/data/bson-corpus, or set MILLRACE_TEST_DATA.");
        }

        return folder;
    }

    private static string? TryFolder() => TestData.TryFolder("bson-corpus");
}
