using Millrace.Testing.MongoDb.Oplog;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Updates;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb;

/// <content>Changes without the wire, and control of log and topology.</content>
public sealed partial class MongoSimulator
{
    /// <summary>The timestamp of the log's last entry.</summary>
    public ulong LastTimestamp => _server.Oplog.LastTimestamp;

    /// <summary>Entries that the log has lost.</summary>
    public long DroppedEntries => _server.Oplog.Dropped;

    /// <summary>Creates a collection.</summary>
    /// <param name="ns">Its name.</param>
    /// <param name="options">The options of the create command, such as <c>capped</c>, <c>viewOn</c>, <c>changeStreamPreAndPostImages</c>.</param>
    public void Create(string ns, Doc? options = null) => Change(() =>
    {
        int dot = new DocumentWriter(_server, null, null).CheckName(ns);
        CollectionChanges.Create(_server, ns[..dot], ns[(dot + 1)..], options ?? []);
    });

    /// <summary>Drops a collection.</summary>
    public void Drop(string ns) => Change(() => CollectionChanges.Drop(_server, _server.Catalog[ns] ?? throw new ArgumentException($"{ns} is not there.", nameof(ns))));

    /// <summary>Drops a database.</summary>
    public void DropDatabase(string database) => Change(() => CollectionChanges.DropDatabase(_server, database));

    /// <summary>Renames a collection within its database.</summary>
    public void Rename(string from, string to, bool dropTarget = false) => Change(() => CollectionChanges.Rename(
        _server, _server.Catalog[from] ?? throw new ArgumentException($"{from} is not there.", nameof(from)), to[..to.IndexOf('.')], to[(to.IndexOf('.') + 1)..], dropTarget));

    /// <summary>Updates or replaces documents.</summary>
    /// <returns>How many changed.</returns>
    public long Update(string ns, Doc filter, Node update, bool multi = false, bool upsert = false)
    {
        long modified = 0;
        Change(() =>
        {
            var writer = new DocumentWriter(_server, null, null);
            UpdateOutcome outcome = writer.Update(writer.Collection(ns), filter, DocumentUpdate.Parse(update, multi), multi, upsert, null, -1);
            modified = outcome.Modified + (outcome.UpsertedId is null ? 0 : 1);
            writer.Finish();
        });
        return modified;
    }

    /// <summary>Deletes documents.</summary>
    /// <returns>How many are gone.</returns>
    public long Delete(string ns, Doc filter, bool multi = false)
    {
        long gone = 0;
        Change(() =>
        {
            var writer = new DocumentWriter(_server, null, null);
            gone = writer.Delete(writer.Collection(ns), filter, multi, null, -1).Length;
            writer.Finish();
        });
        return gone;
    }

    /// <summary>Does several changes as one transaction, which is logged as servers log transactions.</summary>
    public void InTransaction(Action<SimulatedTransaction> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        Change(() =>
        {
            var session = new ServerSession(Guid.NewGuid());
            var transaction = new Transaction(1);
            changes(new SimulatedTransaction(_server, transaction));
            DocumentWriter.Commit(_server, transaction, session.LogAs(1));
        });
    }

    /// <summary>Writes a noop to the log.</summary>
    public void WriteNoop() => Change(() => _server.Log.Noop("periodic noop"));

    /// <summary>Lets the log lose its oldest entries.</summary>
    /// <param name="keep">How many of the newest stay; at least one does.</param>
    public void RollOver(int keep = 1) => Change(() =>
    {
        while (_server.Oplog.Records.Count > Math.Max(1, keep))
        {
            _server.Oplog.DropFirst();
        }
    });

    /// <summary>Forgets the images before and after that collections keep, as servers do after a time.</summary>
    public void ForgetImages() => Change(() =>
    {
        for (long record = _server.Oplog.Records.First; record < _server.Oplog.Records.End; record++)
        {
            _server.Oplog.Records[record]!.Images = null;
        }
    });

    /// <summary>
    /// Applies the entries of an oplog file as a secondary does, and puts them into the log: verbatim but for <c>ts</c>, <c>t</c>, <c>wall</c>
    /// and the <c>ui</c> of what changes a document, which is the collection's own here, or wholly verbatim.
    /// </summary>
    /// <param name="path">A file of entries, as mongodump writes <c>oplog.bson</c>.</param>
    /// <param name="keepTimestamps">Whether entries keep their own timestamps, which then must come after all that is in the log.</param>
    /// <returns>How many entries there were.</returns>
    public int ReplayOplog(string path, bool keepTimestamps = false)
    {
        byte[] file = File.ReadAllBytes(path);
        int count = 0;
        Change(() =>
        {
            for (int at = 0; at < file.Length; count++)
            {
                int length = BitConverter.ToInt32(file, at);
                Doc entry = Doc.Parse(file.AsMemory(at, length));
                OplogReplay.Apply(_server, entry);
                if (!keepTimestamps && entry["ns"].AsString() is { } ns && _server.Catalog[ns] is { } collection)
                {
                    entry["ui"] = Leaf.Uuid(collection.Uuid);
                }

                _server.Log.Raw(entry, keepTimestamps);
                at += length;
            }
        });
        return count;
    }

    /// <summary>Ceases to be primary: cursors and transactions are gone, and all sockets are closed.</summary>
    public void StepDown()
    {
        // A client whose socket closes must not have heard "not primary" on it before: drivers send a write again only once.
        _listener.Silence();
        _server.Topology.SetPrimary(false);
        _server.Cursors.Clear();
        _server.Sessions.Abort();
        CloseConnections();
    }

    /// <summary>Becomes primary again, in the next term.</summary>
    public void StepUp() => Change(() =>
    {
        _server.Oplog.Term++;
        if (_server.HasOplog)
        {
            _server.Log.Noop("new primary");
        }

        _server.Topology.SetPrimary(true);
    });

    /// <summary>Fails over: nobody is primary for a time, and cursors and sockets are gone.</summary>
    public async Task FailOverAsync(TimeSpan duration)
    {
        StepDown();
        await Task.Delay(duration).ConfigureAwait(false);
        StepUp();
    }

    private void Change(Action change)
    {
        using (_server.Gate.Write())
        {
            change();
        }

        _server.Changed.Pulse();
    }
}
