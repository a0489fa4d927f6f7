using System.Collections.Immutable;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>What a change stream watches: one collection, a database or all of them, and of these perhaps only some collections.</summary>
/// <param name="Level">The collection; its name empty for a database, both names empty for all.</param>
/// <param name="Collections">The collections whose events are wanted; empty for all.</param>
internal sealed record StreamScope(MongoNamespace Level, ImmutableArray<MongoNamespace> Collections)
{
    /// <summary>The narrowest scope for a task's collections.</summary>
    /// <param name="database">The connection's database, or null.</param>
    /// <param name="named">The collections where the task names each; empty where it has patterns.</param>
    public static StreamScope Of(string? database, ImmutableArray<MongoNamespace> named)
    {
        if (named.Length == 1)
        {
            return new(named[0], []);
        }

        string[] databases = [.. named.Select(n => n.Database).Distinct(StringComparer.Ordinal)];
        string level = databases.Length == 1 ? databases[0] : named.IsEmpty ? database ?? "" : "";
        return new(new(level, ""), named);
    }
}
