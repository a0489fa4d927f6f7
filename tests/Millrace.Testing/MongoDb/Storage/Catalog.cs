namespace Millrace.Testing.MongoDb.Storage;

/// <summary>The databases and collections there are. Whoever reads holds the server's read lock, whoever writes its write lock.</summary>
internal sealed class Catalog
{
    private readonly SortedDictionary<string, Collection> _collections = new(StringComparer.Ordinal);

    public IEnumerable<string> Databases => _collections.Values.Select(c => c.Database).Distinct();

    public IEnumerable<Collection> All => _collections.Values;

    public Collection? this[string ns] => _collections.GetValueOrDefault(ns);

    public IEnumerable<Collection> In(string database) => _collections.Values.Where(c => c.Database == database);

    public void Add(Collection collection) => _collections.Add(collection.Namespace, collection);

    public void Remove(Collection collection) => _collections.Remove(collection.Namespace);

    public Collection? ByUuid(Guid uuid) => _collections.Values.FirstOrDefault(c => c.Uuid == uuid);
}
