using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>A stretch of the log, and what was taken from it.</summary>
/// <param name="Until">The last entry; the greatest number for the stretch that goes on.</param>
/// <param name="Taken">A collection's changes were taken where any of these takes it.</param>
internal sealed record LogSegment(
    [property: JsonPropertyName("until"), JsonConverter(typeof(LogTimestampConverter))] ulong Until,
    [property: JsonPropertyName("taken")] ImmutableArray<LogSelection> Taken)
{
    /// <summary>True where every collection of the selection was surely taken.</summary>
    public bool Covers(LogSelection selection) => Taken.Any(t => t.Covers(selection));

    /// <summary>True where the collection's changes were taken.</summary>
    public bool Took(MongoNamespace collection) => Taken.Any(t => t.Takes(collection));

    /// <summary>The stretch once a selection was taken from it, too; what the selection covers need not be told any more.</summary>
    public LogSegment With(LogSelection selection) =>
        Covers(selection) ? this : this with { Taken = [.. Taken.Where(t => !selection.Covers(t)), selection] };

    /// <summary>True where the same was taken.</summary>
    public bool IsLike(LogSegment other) => Taken.SequenceEqual(other.Taken);
}
