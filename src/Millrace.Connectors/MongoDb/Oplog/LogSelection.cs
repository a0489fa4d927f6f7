using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>Which collections a task took at some time: its names and patterns, as its settings had them.</summary>
/// <param name="Database">The connection's database, or null.</param>
/// <param name="Include">Names or patterns.</param>
/// <param name="Exclude">Names or patterns.</param>
internal sealed record LogSelection(
    [property: JsonPropertyName("database")] string? Database,
    [property: JsonPropertyName("include")] ImmutableArray<string> Include,
    [property: JsonPropertyName("exclude")] ImmutableArray<string> Exclude)
{
    private DatasetNames? _names;

    /// <summary>The selection of a task's settings, in one order whatever the order there.</summary>
    public static LogSelection Of(string? database, DatasetSelector selector) => new(
        string.IsNullOrEmpty(database) ? null : database,
        [.. selector.Include.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        [.. selector.Exclude.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static LogSelection Parse(string text) => JsonSerializer.Deserialize<LogSelection>(text)!;

    /// <summary>As JSON.</summary>
    public override string ToString() => JsonSerializer.Serialize(this);

    /// <summary>True where it took the collection's changes.</summary>
    public bool Takes(MongoNamespace collection) => Names.Takes(collection);

    /// <summary>
    /// True where it surely took every collection that another takes. Where patterns make that hard to say it is false: then the log is read
    /// for collections that turn out not to be there.
    /// </summary>
    public bool Covers(LogSelection other) => Database == other.Database && other.Include.All(p => CoversPart(p, other));

    /// <summary>True where it may have taken collections that it does not name.</summary>
    [JsonIgnore]
    public bool HasPatterns => Include.Any(DatasetSelector.IsPattern);

    private DatasetNames Names => _names ??= new(Database, Include.Any(HasStar) ? [] : Include, new(Include, Exclude));

    private bool CoversPart(string part, LogSelection other)
    {
        MongoNamespace name = Names.CollectionOf(part);
        return DatasetSelector.IsPattern(part)
            ? IsIncluded(part) && !MayLose(part, other) && (Takes(name) || !other.Takes(name))
            : Takes(name) || !other.Takes(name);
    }

    /// <inheritdoc/>
    public bool Equals(LogSelection? other) =>
        other is not null && Database == other.Database && Include.SequenceEqual(other.Include) && Exclude.SequenceEqual(other.Exclude);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Database, Include.Length, Exclude.Length);

    private bool IsIncluded(string pattern) => Include.Any(own => IsWithin(pattern, own));

    /// <summary>True where something that fits the other's pattern may be excluded here and not there.</summary>
    private bool MayLose(string pattern, LogSelection other) => Exclude.Any(own =>
        (DatasetSelector.IsPattern(pattern) || Fits(own, pattern)) && !other.Exclude.Any(theirs => IsWithin(own, theirs)));

    // A pattern that fits the text of another one, stars and all, fits whatever that one fits; a question mark is not so.
    private static bool IsWithin(string inner, string outer) =>
        inner == outer || ((!outer.Contains('?', StringComparison.Ordinal) || !DatasetSelector.IsPattern(inner)) && Fits(outer, inner));

    private static bool Fits(string pattern, string name) => new DatasetSelector([pattern], []).Matches(name);

    // As the engine tells a list of names, which are taken whatever is excluded, from patterns.
    private static bool HasStar(string text) => text.Contains('*', StringComparison.Ordinal);
}
