using System.Text.Json;
using Millrace.Connectors.MongoDb.Live;

namespace Millrace.Testing.MongoDb.External;

/// <summary>What a server lacks, and who says so.</summary>
public sealed class MongoGaps
{
    /// <summary>The environment variable that lists gaps, separated by commas.</summary>
    public const string Variable = "MILLRACE_TEST_MONGODB_GAPS";

    private const int Wire60 = 17;

    private readonly SortedDictionary<MongoGap, string> _reasons = [];

    private MongoGaps()
    {
    }

    /// <summary>Parses a list of names.</summary>
    /// <param name="names">The list; null or empty for none.</param>
    /// <exception cref="ArgumentException">A name is not one of a gap: a slip would hide nothing, but say that it does.</exception>
    public static MongoGaps Parse(string? names)
    {
        var gaps = new MongoGaps();
        Dictionary<string, MongoGap> known = Enum.GetValues<MongoGap>().ToDictionary(NameOf, StringComparer.Ordinal);
        foreach (string name in (names ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            gaps.Add(
                known.TryGetValue(name, out MongoGap gap) ? gap : throw new ArgumentException($"{Variable} knows no '{name}', but: {string.Join(", ", known.Keys)}.", nameof(names)),
                $"{Variable} names it");
        }

        return gaps;
    }

    /// <summary>The name that the environment variable has for a gap.</summary>
    public static string NameOf(MongoGap gap) => JsonNamingPolicy.SnakeCaseLower.ConvertName(gap.ToString());

    /// <summary>Why the server lacks something, or null where it has it.</summary>
    public string? ReasonOf(MongoGap gap) => _reasons.GetValueOrDefault(gap);

    /// <summary>Adds what the server's own description rules out.</summary>
    internal void Add(LiveServer server)
    {
        if (!server.IsReplicated)
        {
            foreach (MongoGap gap in (MongoGap[])[MongoGap.ChangeStreams, MongoGap.Oplog, MongoGap.Transactions, MongoGap.PostImages])
            {
                Add(gap, "the server says that it is a standalone");
            }
        }
        else if (server.IsSharded)
        {
            Add(MongoGap.Oplog, "the server says that it is a sharded cluster");
        }

        if (server.WireVersion < Wire60)
        {
            Add(MongoGap.PostImages, "the server says that it is older than 6.0");
        }
    }

    private void Add(MongoGap gap, string reason) => _reasons.TryAdd(gap, reason);
}
