namespace Millrace.Testing.MongoDb.Streams;

/// <summary>What a change stream watches: a collection, a database, or all of them.</summary>
/// <param name="Database">The database; null for the whole cluster.</param>
/// <param name="Collection">The collection; null for all of the database.</param>
internal sealed record StreamScope(string? Database, string? Collection)
{
    public string? Namespace { get; } = Collection is null ? null : $"{Database}.{Collection}";

    public bool Holds(string ns)
    {
        if (Namespace is not null)
        {
            return ns == Namespace;
        }

        int dot = ns.IndexOf('.', StringComparison.Ordinal);
        if (ns.AsSpan(dot + 1).StartsWith("system."))
        {
            return false;
        }

        ReadOnlySpan<char> database = ns.AsSpan(0, dot);
        return Database is not null ? database.SequenceEqual(Database) : database is not ("admin" or "config" or "local");
    }

    public bool HoldsDatabase(string database) => Collection is null && (Database is null ? database is not ("admin" or "config" or "local") : database == Database);
}
