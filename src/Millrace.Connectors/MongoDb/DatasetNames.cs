using System.Collections.Immutable;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb;

/// <summary>
/// Collections as datasets: by plain name where the connection names a database, else as <c>database.collection</c>; and which of them a
/// task takes.
/// </summary>
internal sealed class DatasetNames(string? database, ImmutableArray<string> datasets, DatasetSelector selector)
{
    /// <summary>What a server makes an <c>_id</c> of where nobody gives it one: all that can be said of a collection without documents.</summary>
    public static readonly ColumnSchema ServersOwnId = new("_id", LogicalType.Text, true, null, "objectId");

    private readonly string? _database = string.IsNullOrEmpty(database) ? null : database;
    private readonly HashSet<string> _named = new(datasets, StringComparer.Ordinal);

    /// <summary>A dataset that is not there (MR1309).</summary>
    /// <param name="what">What is missing where, as a sentence.</param>
    /// <param name="database">The connection's database, or null.</param>
    public static MillraceException NotFound(string what, string? database) => new(
        ErrorCodes.DatasetNotFound,
        what,
        database is null
            ? "Write the dataset as database.collection; `millrace discover` lists what there is."
            : "`millrace discover` lists what there is.");

    /// <summary>The dataset's name, or null where the collection is outside of the connection's database.</summary>
    public string? NameOf(MongoNamespace collection)
    {
        if (_database is null)
        {
            return collection.ToString();
        }

        return collection.Database == _database ? collection.Collection : null;
    }

    /// <summary>The table of a dataset.</summary>
    public TableId TableOf(MongoNamespace collection) =>
        _database is null ? new(collection.Database, collection.Collection) : new("", collection.Collection);

    /// <summary>The collection that a dataset's name stands for.</summary>
    public MongoNamespace CollectionOf(string dataset) => _database is null ? MongoNamespace.Parse(dataset) : new(_database, dataset);

    /// <summary>True where the task takes the collection as it stands in the dump.</summary>
    public bool IsNamed(MongoNamespace collection) => NameOf(collection) is { } name && _named.Contains(name);

    /// <summary>
    /// True where the task takes the collection's changes: it is named, or the task's patterns take it and it is not one of MongoDB's own.
    /// </summary>
    public bool Takes(MongoNamespace collection) =>
        NameOf(collection) is { } name && (_named.Contains(name) || (!IsHidden(collection) && selector.Matches(name)));

    /// <summary>True for MongoDB's own collections, except in a database that the connection names on purpose.</summary>
    public bool IsHidden(MongoNamespace collection) =>
        collection.Collection.StartsWith("system.", StringComparison.Ordinal) || (_database is null && collection.IsInternal);
}
