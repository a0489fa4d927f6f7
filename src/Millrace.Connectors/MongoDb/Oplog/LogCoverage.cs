using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>
/// Which collections' changes were taken from which stretch of the log. It stands among the task's checkpoints, so that a collection that is
/// included later, or again, gets what it missed, once.
/// </summary>
/// <param name="From">The first entry of the chain when the task began to read it.</param>
/// <param name="Segments">The stretches in order; the last one goes on.</param>
/// <param name="CatchingUp">The selection that is catching up with what was left out, or null.</param>
internal sealed record LogCoverage(
    [property: JsonPropertyName("from"), JsonConverter(typeof(LogTimestampConverter))] ulong From,
    [property: JsonPropertyName("segments")] ImmutableArray<LogSegment> Segments,
    [property: JsonPropertyName("catching_up"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LogSelection? CatchingUp = null)
{
    /// <summary>The position that says it.</summary>
    [JsonIgnore]
    public Position Position => new($"{MongoDbPositions.DatasetsScheme}/{JsonSerializer.Serialize(this)}");

    /// <summary>What is taken where the log goes on.</summary>
    [JsonIgnore]
    public LogSelection Latest => Segments[^1].Taken[0];

    /// <summary>The coverage of a task that begins to read the log.</summary>
    public static LogCoverage Begin(ulong from, LogSelection selection) => new(from, [new(ulong.MaxValue, [selection])]);

    /// <summary>Reads a position.</summary>
    /// <exception cref="Core.Errors.MillraceException">MR1002: it is none.</exception>
    public static LogCoverage Parse(Position position)
    {
        try
        {
            if (position.Scheme == MongoDbPositions.DatasetsScheme
                && JsonSerializer.Deserialize<LogCoverage>(position.Value) is { Segments: { IsDefaultOrEmpty: false } segments } coverage
                && segments.All(s => s is { Taken.IsDefaultOrEmpty: false } && s.Taken.All(t => t is { Include.IsDefault: false, Exclude.IsDefault: false })))
            {
                return coverage;
            }
        }
        catch (JsonException)
        {
            return MongoDbPositions.Invalid<LogCoverage>(position, $"{MongoDbPositions.DatasetsScheme}/JSON");
        }

        return MongoDbPositions.Invalid<LogCoverage>(position, $"{MongoDbPositions.DatasetsScheme}/JSON");
    }

    /// <summary>True where some collection of the selection may have been left out of a stretch.</summary>
    public bool Lacks(LogSelection selection) => !Segments.All(s => s.Covers(selection));

    /// <summary>The stretches that a collection was left out of.</summary>
    public ImmutableArray<LogStretch> Missing(MongoNamespace collection)
    {
        var missing = ImmutableArray.CreateBuilder<LogStretch>();
        ulong after = 0;
        foreach (LogSegment segment in Segments)
        {
            if (!segment.Took(collection))
            {
                missing.Add(new(after, segment.Until));
            }

            after = segment.Until;
        }

        return missing.ToImmutable();
    }

    /// <summary>True where no change of the collection was ever taken.</summary>
    public bool IsNew(MongoNamespace collection) => Missing(collection) is [{ After: 0 }, ..];

    /// <summary>The entry up to which a collection's changes were taken without a gap: 0 before the first, the greatest number where there is no gap.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="caughtUp">The entry that what is catching up now has reached.</param>
    public ulong FollowedUntil(MongoNamespace collection, ulong caughtUp)
    {
        foreach (LogStretch missing in Missing(collection))
        {
            if (missing.Until > caughtUp)
            {
                return Math.Max(missing.After, caughtUp);
            }
        }

        return ulong.MaxValue;
    }

    /// <summary>
    /// The entry after which collections may have been left out that were followed until there, and that nothing but a pattern names; null where
    /// there are none.
    /// </summary>
    public ulong? LeftOutSince(LogSelection selection)
    {
        if (!selection.HasPatterns)
        {
            return null;
        }

        for (int i = 1; i < Segments.Length; i++)
        {
            if (!Segments[i].Covers(selection))
            {
                return Segments[i - 1].Until;
            }
        }

        return null;
    }

    /// <summary>The coverage once the selection was taken up to a position, and is what is taken from there on.</summary>
    public LogCoverage With(LogSelection selection, ulong position)
    {
        var segments = new List<LogSegment>();
        foreach (LogSegment segment in Segments)
        {
            Add(segments, segment.Until == ulong.MaxValue ? segment.With(selection) with { Until = position } : segment.With(selection));
        }

        Add(segments, new(ulong.MaxValue, [selection]));
        return new(From, [.. segments]);
    }

    /// <summary>The coverage with what a selection has caught up with, whether it came to the end of it or was given up for another.</summary>
    /// <param name="position">The position of the catching up, or null before it began.</param>
    public LogCoverage Settle(Position? position)
    {
        (ulong reached, bool atEnd) = CaughtUp(position);
        return CatchingUp is not { } selection ? this : atEnd ? With(selection, reached) : Until(selection, reached);
    }

    /// <summary>How far the selection has caught up: the last entry, 0 before the first, and whether nothing is left.</summary>
    /// <param name="position">The position of the catching up, or null before it began; that of an earlier one counts for nothing.</param>
    public (ulong Reached, bool AtEnd) CaughtUp(Position? position)
    {
        if (CatchingUp is null || position is null)
        {
            return default;
        }

        (string id, ulong timestamp, bool atEnd) = MongoDbPositions.ParseCatchUp(position);
        return id == Id ? (timestamp, atEnd) : default;
    }

    /// <summary>16 hex digits that tell one catching up from another.</summary>
    [JsonIgnore]
    public string Id => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Position.Text)).AsSpan(0, 8));

    private LogCoverage Until(LogSelection selection, ulong position)
    {
        var segments = new List<LogSegment>();
        foreach (LogSegment segment in Segments)
        {
            Add(segments, segment.With(selection) with { Until = Math.Min(segment.Until, position) });
            Add(segments, segment.Until <= position ? segment.With(selection) : segment);
        }

        return new(From, [.. segments]);
    }

    /// <summary>Adds a stretch after the others, as one with the last where they are alike; nothing where it is empty.</summary>
    private static void Add(List<LogSegment> segments, LogSegment next)
    {
        if (next.Until <= (segments.Count > 0 ? segments[^1].Until : 0))
        {
            return;
        }

        if (segments.Count > 0 && segments[^1].IsLike(next))
        {
            segments.RemoveAt(segments.Count - 1);
        }

        segments.Add(next);
    }
}
