namespace Millrace.Testing.Mongo;

/// <summary>An entry of the oplog.</summary>
/// <param name="Timestamp">Its <c>ts</c>: seconds in the high half.</param>
/// <param name="Bytes">The document.</param>
public sealed record OplogEntry(ulong Timestamp, byte[] Bytes);

/// <summary>A collection of the model.</summary>
public sealed class ModelCollection
{
    private readonly List<string> _keys = [];
    private readonly Dictionary<string, BsonDoc> _documents = new(StringComparer.Ordinal);

    /// <summary>The collection's UUID, <c>ui</c> in the log.</summary>
    public required Guid Id { get; init; }

    /// <summary>Keys of the documents; a key is the type and bytes of <c>_id</c>.</summary>
    public IReadOnlyList<string> Keys => _keys;

    /// <summary>The documents in order of insert.</summary>
    public IEnumerable<BsonDoc> Documents => _keys.Select(k => _documents[k]);

    /// <summary>The document with a key.</summary>
    public BsonDoc this[string key] => _documents[key];

    /// <summary>The key of a document.</summary>
    public static string KeyOf(BsonDoc document)
    {
        BsonNode id = document.Find("_id") ?? throw new ArgumentException("A document needs an _id.", nameof(document));
        return id.Type.ToString("x2") + Convert.ToHexString(id.ToBytes());
    }

    /// <summary>Inserts or replaces.</summary>
    public void Put(BsonDoc document)
    {
        string key = KeyOf(document);
        if (!_documents.ContainsKey(key))
        {
            _keys.Add(key);
        }

        _documents[key] = document;
    }

    /// <summary>Removes.</summary>
    public void Remove(string key)
    {
        if (_documents.Remove(key))
        {
            _keys.Remove(key);
        }
    }
}

/// <summary>
/// A MongoDB server in memory, as far as its oplog goes: it holds collections and writes for every change the entry that a server would write,
/// valid with respect to the documents at that moment. Formats: MongoDB's public documentation of the oplog and entries of real servers
/// (several versions) in the shared test data.
/// </summary>
public sealed class MongoModel
{
    private readonly List<OplogEntry> _log = [];
    private readonly Random _random;
    private uint _seconds = 1_750_000_000;
    private uint _increment;

    /// <summary>Creates an empty server.</summary>
    public MongoModel(Random random) => _random = random;

    /// <summary>Collections by full name.</summary>
    public SortedDictionary<string, ModelCollection> Collections { get; } = new(StringComparer.Ordinal);

    /// <summary>The log so far.</summary>
    public IReadOnlyList<OplogEntry> Log => _log;

    /// <summary>Changes of documents that the log holds (an operation inside a transaction counts once it commits).</summary>
    public int Changes { get; private set; }

    /// <summary>The documents' namespace and its command namespace: <c>shop.$cmd</c>.</summary>
    public static string CommandNamespace(string ns) => ns[..ns.IndexOf('.', StringComparison.Ordinal)] + ".$cmd";

    /// <summary>Writes an entry with the next timestamp.</summary>
    public ulong Append(BsonDoc operation, params (string Name, BsonNode Value)[] more)
    {
        if (_random.Next(3) == 0)
        {
            _seconds += (uint)_random.Next(1, 5);
            _increment = 0;
        }

        ulong timestamp = ((ulong)_seconds << 32) | ++_increment;
        BsonDoc entry = operation.Clone();
        entry.Fields.AddRange(more);
        entry.Add("ts", BsonLeaf.Timestamp(timestamp)).Add("t", BsonLeaf.Int64(3)).Add("v", BsonLeaf.Int64(2))
            .Add("wall", BsonLeaf.Date((_seconds * 1000L) + _random.Next(1000)));
        _log.Add(new OplogEntry(timestamp, entry.ToBytes()));
        return timestamp;
    }

    /// <summary>Applies operations that were written to the log.</summary>
    public void Apply(IEnumerable<ModelOperation> operations)
    {
        foreach (ModelOperation operation in operations)
        {
            operation.Apply(Collections[operation.Namespace]);
            Changes++;
        }
    }

    /// <summary>Writes and applies one change of a document.</summary>
    public void Run(ModelOperation operation)
    {
        Append(operation.Entry);
        Apply([operation]);
    }

    /// <summary>Creates a collection.</summary>
    public ModelCollection Create(string ns)
    {
        var collection = new ModelCollection { Id = NewGuid() };
        Collections.Add(ns, collection);
        var index = new BsonDoc().Add("v", BsonLeaf.Int32(2)).Add("key", new BsonDoc().Add("_id", BsonLeaf.Int32(1))).Add("name", BsonLeaf.String("_id_"));
        Append(Command(ns, new BsonDoc().Add("create", BsonLeaf.String(NameOf(ns))).Add("idIndex", index)));
        return collection;
    }

    /// <summary>Drops a collection.</summary>
    public void Drop(string ns)
    {
        BsonDoc command = Command(ns, new BsonDoc().Add("drop", BsonLeaf.String(NameOf(ns))));
        Append(command.Add("o2", new BsonDoc().Add("numRecords", BsonLeaf.Int64(Collections[ns].Keys.Count))));
        Collections.Remove(ns);
    }

    /// <summary>Drops a database: a drop of each collection and then the database, as servers log it.</summary>
    public void DropDatabase(string database)
    {
        foreach (string ns in Collections.Keys.Where(k => k.StartsWith(database + ".", StringComparison.Ordinal)).ToArray())
        {
            Drop(ns);
        }

        Append(Operation("c", database + ".$cmd", new BsonDoc().Add("dropDatabase", BsonLeaf.Int32(1))));
    }

    /// <summary>Renames a collection, over an existing one if there is one.</summary>
    public void Rename(string from, string to)
    {
        var command = new BsonDoc().Add("renameCollection", BsonLeaf.String(from)).Add("to", BsonLeaf.String(to)).Add("stayTemp", BsonLeaf.Boolean(false));
        if (Collections.Remove(to, out ModelCollection? replaced))
        {
            command.Add("dropTarget", BsonLeaf.Uuid(replaced.Id));
        }

        Append(Command(from, command));
        Collections.Remove(from, out ModelCollection? moved);
        Collections.Add(to, moved!);
    }

    /// <summary>Writes an entry that changes no document.</summary>
    public void WriteAside(string ns)
    {
        switch (_random.Next(3))
        {
            case 0:
                Append(Operation("n", "", new BsonDoc().Add("msg", BsonLeaf.String("periodic noop"))));
                break;
            case 1:
                Append(Command(ns, new BsonDoc().Add("collMod", BsonLeaf.String(NameOf(ns))).Add("validationLevel", BsonLeaf.String("off"))));
                break;
            default:
                var key = new BsonDoc().Add("name", BsonLeaf.Double(1));
                Append(Command(ns, new BsonDoc().Add("createIndexes", BsonLeaf.String(NameOf(ns))).Add("v", BsonLeaf.Int32(2)).Add("key", key).Add("name", BsonLeaf.String("name_1"))));
                break;
        }
    }

    /// <summary>An operation's document.</summary>
    public BsonDoc Operation(string op, string ns, BsonDoc body)
    {
        var entry = new BsonDoc().Add("op", BsonLeaf.String(op)).Add("ns", BsonLeaf.String(ns));
        if (Collections.TryGetValue(ns, out ModelCollection? collection))
        {
            entry.Add("ui", BsonLeaf.Uuid(collection.Id));
        }

        return entry.Add("o", body);
    }

    /// <summary>A UUID from the seed.</summary>
    public Guid NewGuid()
    {
        byte[] bytes = new byte[16];
        _random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private BsonDoc Command(string ns, BsonDoc command)
    {
        BsonDoc entry = Operation("c", CommandNamespace(ns), command);
        if (Collections.TryGetValue(ns, out ModelCollection? collection))
        {
            entry.Add("ui", BsonLeaf.Uuid(collection.Id));
        }

        return entry;
    }

    private static string NameOf(string ns) => ns[(ns.IndexOf('.', StringComparison.Ordinal) + 1)..];
}
