namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>The collections that the log speaks of, found by the raw bytes of their names.</summary>
internal sealed class LogCollections
{
    private readonly LogScope _scope;
    private readonly Dictionary<byte[], LogCollection> _byName = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], LogCollection>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private LogCollection? _last;

    public LogCollections(LogScope scope)
    {
        _scope = scope;
        _lookup = _byName.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>The collection of a name.</summary>
    public LogCollection this[MongoNamespace name] => Find(System.Text.Encoding.UTF8.GetBytes(name.ToString()));

    /// <summary>The collection of a name. Entries on one collection tend to follow each other.</summary>
    public LogCollection Find(ReadOnlySpan<byte> name)
    {
        if (_last is null || !name.SequenceEqual(_last.Utf8))
        {
            _last = _lookup.TryGetValue(name, out LogCollection? found) ? found : Add(MongoNamespace.Parse(name));
        }

        return _last;
    }

    /// <summary>The collections of a database that were met so far.</summary>
    public IReadOnlyList<LogCollection> OfDatabase(string database) => [.. _byName.Values.Where(c => c.Name.Database == database).OrderBy(c => c.Text, StringComparer.Ordinal)];

    private LogCollection Add(MongoNamespace name)
    {
        LogCollection collection = _scope.Describe(name);
        _byName[collection.Utf8] = collection;
        return collection;
    }

    private sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static Utf8Comparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
