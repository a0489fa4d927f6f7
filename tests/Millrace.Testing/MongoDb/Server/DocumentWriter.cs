using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Oplog;
using Millrace.Testing.MongoDb.Query;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Updates;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Server;

/// <summary>Changes documents: at once, or staged in a transaction. The caller holds the write lock.</summary>
/// <param name="server">Where.</param>
/// <param name="transaction">The transaction, or null.</param>
/// <param name="session">What changes are logged with, or null.</param>
internal sealed class DocumentWriter(ServerState server, Transaction? transaction, OplogSession? session)
{
    private readonly List<DocumentChange> _vectored = [];

    /// <summary>The collection, which a write creates where it is not there.</summary>
    public Collection Collection(string ns)
    {
        int dot = CheckName(ns);
        return server.Catalog[ns] ?? CollectionChanges.Create(server, ns[..dot], ns[(dot + 1)..], []);
    }

    /// <summary>Refuses a name that no collection may have.</summary>
    /// <returns>Where the database's name ends.</returns>
    public int CheckName(string ns)
    {
        int dot = ns.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || dot == ns.Length - 1 || ns.AsSpan(0, dot).IndexOfAny("/\\ \"") >= 0 || ns.Contains('$', StringComparison.Ordinal))
        {
            throw new CommandException(ErrorCode.InvalidNamespace, $"Invalid namespace specified '{ns}'");
        }

        return dot;
    }

    public void Insert(Collection collection, byte[] document, int statement)
    {
        RequireWritable(collection);
        document = WithId(document);
        CheckSize(document);
        byte[] key = ValueKey.OfId(document);
        if (Current(collection, key) is not null)
        {
            throw new DuplicateKeyException(collection.Namespace, OplogWriter.IdOf(document));
        }

        Apply(new DocumentChange(collection, key, null, document, false) { StatementId = statement });
    }

    /// <summary>Updates or replaces what matches.</summary>
    public UpdateOutcome Update(Collection collection, Doc filter, DocumentUpdate update, bool multi, bool upsert, Doc? sort, int statement)
    {
        RequireWritable(collection);
        byte[][] matches = Matching(collection, filter, sort, multi);
        if (matches.Length == 0)
        {
            return upsert ? Upsert(collection, filter, update, statement) : new UpdateOutcome(0, 0, null, null, null);
        }

        long modified = 0;
        byte[] before = matches[0], after = matches[0];
        foreach (byte[] match in matches)
        {
            before = match;
            after = update.Apply(before, filter, isInsert: false);
            CheckSize(after);
            if (after.AsSpan().SequenceEqual(before))
            {
                continue;
            }

            byte[] key = ValueKey.OfId(before);
            if (!ValueKey.OfId(after).AsSpan().SequenceEqual(key))
            {
                throw new CommandException(ErrorCode.ImmutableField, "Performing an update on the path '_id' would modify the immutable field '_id'");
            }

            Apply(new DocumentChange(collection, key, before, after, update.IsReplacement) { StatementId = statement });
            modified++;
        }

        return new UpdateOutcome(matches.Length, modified, null, before, after);
    }

    /// <summary>Deletes what matches.</summary>
    /// <returns>The documents that are gone.</returns>
    public byte[][] Delete(Collection collection, Doc filter, bool multi, Doc? sort, int statement)
    {
        RequireWritable(collection);
        byte[][] matches = Matching(collection, filter, sort, multi);
        foreach (byte[] match in matches)
        {
            Apply(new DocumentChange(collection, ValueKey.OfId(match), match, null, false) { StatementId = statement });
        }

        return matches;
    }

    /// <summary>Logs what was kept back to be logged together, and wakes whoever waits.</summary>
    public void Finish()
    {
        if (_vectored.Count == 1)
        {
            server.Log.Change(_vectored[0], session);
        }
        else if (_vectored.Count > 1)
        {
            server.Log.Vectored(_vectored, session);
        }

        _vectored.Clear();
        server.Changed.Pulse();
    }

    /// <summary>Applies and logs a transaction's changes.</summary>
    public static void Commit(ServerState server, Transaction transaction, OplogSession session)
    {
        if (transaction.Conflicts())
        {
            throw new CommandException(ErrorCode.WriteConflict, "Write conflict during commit", "TransientTransactionError");
        }

        transaction.Changes.ForEach(Store);
        if (transaction.Changes.Count > 0)
        {
            server.Log.Transaction(transaction.Changes, session);
        }

        server.Changed.Pulse();
    }

    private static void Store(DocumentChange change)
    {
        if (change.Before is null)
        {
            change.Collection.Insert(change.Key, change.After!);
        }
        else if (change.After is null)
        {
            change.Collection.Remove(change.Key);
        }
        else
        {
            change.Collection.Replace(change.Key, change.After);
        }
    }

    private void Apply(DocumentChange change)
    {
        if (transaction is not null)
        {
            transaction.Stage(change);
            return;
        }

        Store(change);
        if (!server.HasOplog)
        {
            return;
        }

        if (server.Options.VectoredInserts && change.Before is null && !change.Collection.Options.Capped)
        {
            _vectored.Add(change);
        }
        else
        {
            server.Log.Change(change, session);
        }
    }

    private UpdateOutcome Upsert(Collection collection, Doc filter, DocumentUpdate update, int statement)
    {
        byte[] document = WithId(update.Insert(filter));
        Insert(collection, document, statement);
        return new UpdateOutcome(0, 0, OplogWriter.IdOf(document).Fields[0].Value, null, document);
    }

    private byte[][] Matching(Collection collection, Doc filter, Doc? sort, bool multi)
    {
        IEnumerable<byte[]> documents;
        if (transaction is not null && transaction.Touches(collection))
        {
            Matcher matcher = FilterParser.Parse(filter);
            documents = transaction.Scan(collection).Where(d => matcher.Matches(d));
            documents = FindPlan.Sorted(documents, sort is { Count: > 0 } ? new SortSpecification(sort) : null);
        }
        else
        {
            var plan = new FindPlan(collection, filter, sort);
            documents = FindPlan.Sorted(plan.Documents(), plan.Sort);
        }

        return [.. multi ? documents : documents.Take(1)];
    }

    private byte[]? Current(Collection collection, byte[] key) => transaction is null ? collection.Find(key) : transaction.Find(collection, key);

    private static void RequireWritable(Collection collection)
    {
        if (collection.Options.IsView)
        {
            throw new CommandException(ErrorCode.CommandNotSupportedOnView, $"Namespace {collection.Namespace} is a view, not a collection");
        }
    }

    private void CheckSize(byte[] document)
    {
        if (document.Length > server.Options.MaxDocumentBytes)
        {
            throw new CommandException(ErrorCode.BSONObjectTooLarge, $"BSONObj size: {document.Length} is invalid. Size must be between 0 and {server.Options.MaxDocumentBytes}");
        }
    }

    // The _id stands first; where there is none, it is made up.
    private byte[] WithId(byte[] document)
    {
        var reader = new BsonReader(document);
        if (!reader.Next())
        {
            return new Doc { { "_id", Leaf.NewObjectId(server.Options.Time.GetUtcNow()) } }.ToBytes();
        }

        if (reader.Name.SequenceEqual("_id"u8))
        {
            return reader.Type is BsonType.Array or BsonType.RegularExpression or BsonType.Undefined
                ? throw new CommandException(53, $"The '_id' value cannot be of type {FilterParser.NameOf(reader.Type)}")
                : document;
        }

        Doc parsed = Doc.Parse(document);
        Node id = parsed["_id"] ?? Leaf.NewObjectId(server.Options.Time.GetUtcNow());
        parsed.Remove("_id");
        parsed.Prepend("_id", id);
        return WithId(parsed.ToBytes());
    }
}
