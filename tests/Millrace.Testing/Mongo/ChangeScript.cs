namespace Millrace.Testing.Mongo;

/// <summary>What a <see cref="ChangeScript"/> may do besides changing documents.</summary>
[Flags]
public enum ScriptFeatures
{
    /// <summary>Changes of documents only.</summary>
    None = 0,

    /// <summary>Multi-document transactions: split, prepared, aborted.</summary>
    Transactions = 1,

    /// <summary>Collections created, dropped and made again under the same name.</summary>
    Drops = 2,

    /// <summary>Collections renamed, over others too.</summary>
    Renames = 4,

    /// <summary>All of it.</summary>
    All = Transactions | Drops | Renames,
}

/// <summary>Changes a <see cref="MongoModel"/> at random, from a seed, as applications do over time.</summary>
public sealed class ChangeScript
{
    private static readonly IdKind[] Kinds = Enum.GetValues<IdKind>();

    private readonly Random _random;
    private readonly RandomDocuments _documents;
    private readonly List<ModelTransaction> _open = [];
    private readonly Dictionary<string, IdKind> _ids = new(StringComparer.Ordinal);
    private long _transactions;
    private int _steps;

    /// <summary>Creates collections, each with its own kind of <c>_id</c>.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="features">What may happen.</param>
    /// <param name="collections">Full names.</param>
    public ChangeScript(int seed, ScriptFeatures features, params string[] collections)
    {
        _random = new Random(seed);
        _documents = new RandomDocuments(_random);
        Features = features;
        Model = new MongoModel(_random);
        foreach (string ns in collections)
        {
            _ids[ns] = Kinds[_ids.Count % Kinds.Length];
            Model.Create(ns);
        }
    }

    /// <summary>What may happen from here on.</summary>
    public ScriptFeatures Features { get; set; }

    /// <summary>The server.</summary>
    public MongoModel Model { get; }

    /// <summary>Inserts documents into every collection.</summary>
    public void Fill(int documents)
    {
        foreach (string ns in _ids.Keys)
        {
            for (int i = 0; i < documents; i++)
            {
                Model.Run(ModelOperation.Insert(Model, ns, _documents.Next(_ids[ns], 0)));
            }
        }
    }

    /// <summary>Takes steps; transactions may stay open at the end.</summary>
    public void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Step();
        }
    }

    /// <summary>Ends what is open.</summary>
    public void Settle()
    {
        foreach (ModelTransaction transaction in _open)
        {
            while (!transaction.IsOver)
            {
                transaction.WriteNext();
            }
        }

        _open.Clear();
    }

    private void Step()
    {
        _steps++;
        if (_open.Count > 0 && _random.Next(3) == 0)
        {
            ModelTransaction transaction = _open[_random.Next(_open.Count)];
            transaction.WriteNext();
            if (transaction.IsOver)
            {
                _open.Remove(transaction);
            }

            return;
        }

        int dice = _random.Next(1000);
        if (dice < 12)
        {
            Model.WriteAside(AnyCollection());
        }
        else if (dice < 20)
        {
            ChangeCollections();
        }
        else if (dice < 60 && Features.HasFlag(ScriptFeatures.Transactions))
        {
            StartTransaction();
        }
        else if (dice < 120)
        {
            InsertSeveral();
        }
        else if (Change(AnyCollection(), []) is { } operation)
        {
            Model.Run(operation);
        }
    }

    private ModelOperation? Change(string ns, HashSet<(string, string)> taken)
    {
        int dice = _random.Next(100);
        if (dice < 25)
        {
            return ModelOperation.Insert(Model, ns, _documents.Next(_ids[ns], _steps));
        }

        if (FreeKey(ns, taken) is not { } key)
        {
            return null;
        }

        if (dice < 38)
        {
            return ModelOperation.Delete(Model, ns, key);
        }

        BsonDoc before = Model.Collections[ns][key];
        if (dice < 50)
        {
            BsonDoc fresh = _documents.Next(_ids[ns], _steps);
            fresh.Fields[0] = ("_id", before.Find("_id")!);
            return ModelOperation.Replace(Model, ns, key, fresh);
        }

        BsonDoc after = _documents.Mutate(before, _steps);
        return dice < 65 ? ModelOperation.Modifiers(Model, ns, key, after) : ModelOperation.Delta(Model, ns, key, after);
    }

    // One insertMany of a retryable session: servers since 8.0 write a vectored insert, which is no transaction though it looks like one.
    private void InsertSeveral()
    {
        string ns = AnyCollection();
        ModelOperation[] inserts = [.. Enumerable.Range(0, _random.Next(2, 6)).Select(_ => ModelOperation.Insert(Model, ns, _documents.Next(_ids[ns], _steps)))];
        BsonDoc command = new BsonDoc().Add("applyOps", BsonList.Of(inserts.Select(o => o.Entry)));
        var entry = new BsonDoc();
        bool isRetryable = _random.Next(2) == 0;
        if (isRetryable)
        {
            entry.Add("lsid", new BsonDoc().Add("id", BsonLeaf.Uuid(Model.NewGuid()))).Add("txnNumber", BsonLeaf.Int64(++_transactions));
        }

        entry.Fields.AddRange(Model.Operation("c", "admin.$cmd", command).Fields);
        Model.Append(entry, isRetryable ? [("multiOpType", BsonLeaf.Int32(1))] : []);
        Model.Apply(inserts);
    }

    private void StartTransaction()
    {
        var taken = new HashSet<(string, string)>();
        var operations = new List<ModelOperation>();
        for (int i = _random.Next(1, 12); i > 0; i--)
        {
            if (Change(AnyCollection(), taken) is { } operation)
            {
                operations.Add(operation);
                taken.Add((operation.Namespace, operation.Key));
            }
        }

        if (operations.Count == 0)
        {
            return;
        }

        TransactionEnd end = _random.Next(5) switch
        {
            0 => TransactionEnd.PrepareAndCommit,
            1 => TransactionEnd.PrepareAndAbort,
            _ => TransactionEnd.Implicit,
        };
        var transaction = new ModelTransaction(Model, operations, _random.Next(1, 5), end, ++_transactions);
        transaction.WriteNext();
        if (!transaction.IsOver)
        {
            _open.Add(transaction);
        }
    }

    private void ChangeCollections()
    {
        string[] free = [.. Model.Collections.Keys.Where(ns => !_open.SelectMany(t => t.Locked).Any(l => l.Namespace == ns))];
        if (free.Length == 0)
        {
            return;
        }

        string ns = free[_random.Next(free.Length)];
        if (Features.HasFlag(ScriptFeatures.Renames) && _random.Next(2) == 0)
        {
            Rename(ns, free);
        }
        else if (Features.HasFlag(ScriptFeatures.Drops))
        {
            Model.Drop(ns);
            Model.Create(ns);
        }
    }

    // A collection is written anew beside another and then put in its place, or takes a name of its own.
    private void Rename(string ns, string[] free)
    {
        string database = ns[..ns.IndexOf('.', StringComparison.Ordinal)];
        string[] others = [.. free.Where(o => o != ns && o.StartsWith(database + ".", StringComparison.Ordinal))];
        if (others.Length > 0 && _random.Next(2) == 0)
        {
            string to = others[_random.Next(others.Length)];
            Model.Rename(ns, to);
            _ids[to] = IdKind.Mixed;
        }
        else
        {
            string to = $"{database}.renamed{_steps}";
            Model.Rename(ns, to);
            _ids[to] = _ids[ns];
        }

        Model.Create(ns);
    }

    private string AnyCollection()
    {
        string[] names = [.. Model.Collections.Keys];
        return names[_random.Next(names.Length)];
    }

    private string? FreeKey(string ns, HashSet<(string, string)> taken)
    {
        IReadOnlyList<string> keys = Model.Collections[ns].Keys;
        for (int i = 0; i < 5 && keys.Count > 0; i++)
        {
            string key = keys[_random.Next(keys.Count)];
            if (!taken.Contains((ns, key)) && !_open.Any(t => t.Locked.Contains((ns, key))))
            {
                return key;
            }
        }

        return null;
    }
}
