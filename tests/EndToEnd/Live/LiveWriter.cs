using Millrace.Testing.Mongo;
using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.EndToEndTests.Live;

/// <summary>
/// One application that changes collections of a server without pause: inserts, updates by every operator, replacements, deletes, transactions;
/// the first of several drops and renames collections as well. Each has documents of its own, so that several never meet.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="collections">The collections' full names.</param>
/// <param name="kinds">The kind of <c>_id</c> of each.</param>
/// <param name="seed">Decides what it does.</param>
internal sealed class LiveWriter(MongoSimulator server, string[] collections, IdKind[] kinds, int seed)
{
    private readonly Random _random = new(seed);
    private readonly RandomDocuments _documents = new(new Random(seed + 1));
    private readonly Dictionary<string, List<Doc>> _ids = collections.ToDictionary(c => c, _ => new List<Doc>());
    private int _renamed;

    /// <summary>Changes of documents so far.</summary>
    public long Changes { get; private set; }

    /// <summary>True for the writer that drops and renames.</summary>
    public bool ChangesCollections { get; init; }

    /// <summary>Does so many things.</summary>
    public void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Step();
        }
    }

    private void Step()
    {
        int dice = _random.Next(1000);
        if (dice < 3 && ChangesCollections)
        {
            ChangeCollection(collections[_random.Next(collections.Length)]);
        }
        else if (dice < 60)
        {
            var documents = Enumerable.Range(0, _random.Next(2, 5)).Select(_ => _random.Next(collections.Length)).ToArray();
            server.InTransaction(t =>
            {
                foreach (int at in documents)
                {
                    ChangeWithin(t, at);
                }
            });
        }
        else
        {
            Change(_random.Next(collections.Length));
        }
    }

    private void Change(int at)
    {
        string ns = collections[at];
        Doc? id = AnyId(ns);
        int dice = _random.Next(100);
        if (dice < 30 || id is null)
        {
            server.Insert(ns, Fresh(at));
        }
        else if (dice < 42)
        {
            server.Delete(ns, id);
            _ids[ns].Remove(id);
        }
        else if (dice < 55)
        {
            server.Update(ns, id, Replacement(at, id));
        }
        else
        {
            Try(() => server.Update(ns, id, Operators()));
        }

        Changes++;
    }

    private void ChangeWithin(SimulatedTransaction transaction, int at)
    {
        string ns = collections[at];
        Doc? id = AnyId(ns);
        int dice = _random.Next(3);
        if (dice == 0 || id is null)
        {
            transaction.Insert(ns, Fresh(at));
        }
        else if (dice == 1)
        {
            transaction.Delete(ns, id);
            _ids[ns].Remove(id);
        }
        else
        {
            transaction.Update(ns, id, Replacement(at, id));
        }

        Changes++;
    }

    // What is there is gone or elsewhere afterwards; the next insert makes the collection anew.
    private void ChangeCollection(string ns)
    {
        _ids[ns].Clear();
        Try(() =>
        {
            if (_random.Next(2) == 0)
            {
                server.Drop(ns);
            }
            else
            {
                server.Rename(ns, $"shop.renamed{++_renamed}");
            }
        });
    }

    private Doc? AnyId(string ns)
    {
        List<Doc> ids = _ids[ns];
        return ids.Count == 0 ? null : ids[_random.Next(ids.Count)];
    }

    private Doc Fresh(int at)
    {
        // Ids of several writers must differ.
        BsonDoc document = _documents.Next(kinds[at], (int)(Changes / 20));
        Doc doc = Doc.Parse(document.ToBytes());
        doc["_id"] = kinds[at] == IdKind.Int32 ? (int)((Changes * 16) + (seed % 16)) : new Doc { { "w", seed }, { "id", doc["_id"]! } };
        _ids[collections[at]].Add(new Doc { { "_id", doc["_id"]! } });
        return doc;
    }

    private Doc Replacement(int at, Doc id)
    {
        Doc doc = Doc.Parse(_documents.Next(kinds[at], (int)(Changes / 20)).ToBytes());
        doc["_id"] = id["_id"]!;
        return doc;
    }

    private Doc Operators() => _random.Next(7) switch
    {
        0 => new Doc { { "$inc", new Doc { { "seq", _random.Next(100) } } } },
        1 => new Doc { { "$unset", new Doc { { "flag", "" }, { "mix", "" } } } },
        2 => new Doc { { "$push", new Doc { { "tags", "t" + _random.Next(9) } } } },
        3 => new Doc { { "$set", new Doc { { "customer.city", "c" + _random.Next(9) }, { "late" + _random.Next(4), _random.Next() } } } },
        4 => new Doc { { "$rename", new Doc { { "qty", "quantity" } } } },
        5 => new Doc { { "$set", new Doc { { "items.0", new Doc { { "sku", "s" + _random.Next(9) } } } } } },
        _ => new Doc { { "$set", new Doc { { "name", "n" + _random.Next(1000) }, { "qty", _random.Next(1000) } } } },
    };

    // Some operators do not go with the type that a field has by now, and a collection may not be there: a server refuses that, and so it is no change.
    private static void Try(Action change)
    {
        try
        {
            change();
        }
        catch (Exception e) when (e is CommandException or ArgumentException)
        {
            return;
        }
    }
}
