using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Oplog;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Streams;

/// <summary>Makes the events of oplog entries.</summary>
/// <param name="server">Whose oplog.</param>
/// <param name="scope">What is watched.</param>
/// <param name="options">What the stream asks for.</param>
internal sealed class EventSource(ServerState server, StreamScope scope, ChangeStreamOptions options)
{
    private readonly EventWriter _writer = new(server, options);

    /// <summary>The event of an entry that is a change of one document.</summary>
    /// <param name="record">The entry.</param>
    /// <param name="token">The event's token.</param>
    /// <param name="bytes">The event, good until the next one is made; empty where it is not in scope.</param>
    /// <returns>False where the entry is something else.</returns>
    public bool TryExpandOne(OplogRecord record, out ResumeToken token, out ReadOnlySpan<byte> bytes)
    {
        var entry = new EntryFields(record.Bytes);
        token = default;
        bytes = default;
        if (entry.Op is not ('i' or 'u' or 'd'))
        {
            return false;
        }

        if (scope.Holds(entry.Namespace))
        {
            token = Token(record, 0, entry.Collection);
            bytes = _writer.Change(token, entry, entry, record.Images?[0], inTransaction: false);
        }

        return true;
    }

    /// <summary>Appends the events of an entry, in order.</summary>
    public void Expand(OplogRecord record, List<StreamEvent> events)
    {
        var entry = new EntryFields(record.Bytes);
        switch (entry.Op)
        {
            case 'i' or 'u' or 'd':
                if (TryExpandOne(record, out ResumeToken token, out ReadOnlySpan<byte> bytes) && !bytes.IsEmpty)
                {
                    events.Add(new StreamEvent(token, bytes.ToArray(), false));
                }

                break;
            case 'c':
                Doc command = Doc.Parse(entry.O.ToArray());
                if (command["applyOps"] is not null)
                {
                    ExpandTransaction(record, entry, command, events);
                }
                else
                {
                    ExpandCommand(record, entry, command, events);
                }

                break;
        }
    }

    private static ResumeToken Token(OplogRecord record, int index, Guid collection) => new(record.Timestamp, true, index, false, collection, -1);

    // Events of a transaction come with its last entry, those of all its entries.
    private void ExpandTransaction(OplogRecord record, in EntryFields entry, Doc command, List<StreamEvent> events)
    {
        if (command["partialTxn"].IsTrue() || command["prepare"].IsTrue())
        {
            return;
        }

        int index = 0;
        foreach (OplogRecord part in entry.IsVectored || entry.Lsid.IsEmpty ? [record] : Chain(record))
        {
            int within = 0;
            var outer = new EntryFields(part.Bytes);
            var command1 = new BsonReader(outer.O);
            command1.Find("applyOps"u8);
            var operations = new BsonReader(command1.Value);
            for (; operations.Next(); index++, within++)
            {
                var operation = new EntryFields(operations.Value);
                if (scope.Holds(operation.Namespace) && operation.Op is 'i' or 'u' or 'd')
                {
                    ResumeToken token = Token(record, index, operation.Collection);
                    events.Add(new StreamEvent(token, _writer.Change(token, operation, entry, part.Images?[within], inTransaction: !entry.IsVectored && !entry.Lsid.IsEmpty).ToArray(), false));
                }
            }
        }
    }

    private List<OplogRecord> Chain(OplogRecord last)
    {
        var chain = new List<OplogRecord> { last };
        while ((Doc.Parse(chain[^1].Bytes)["prevOpTime"] as Doc)?["ts"]?.AsTimestamp() is > 0 and { } ts)
        {
            OplogRecord? before = server.Oplog.Records[server.Oplog.Seek(ts)];
            if (before?.Timestamp != ts)
            {
                throw new CommandException(ErrorCode.ChangeStreamHistoryLost, "An entry of a transaction is no longer in the oplog.", "NonResumableChangeStreamError");
            }

            chain.Add(before);
        }

        chain.Reverse();
        return chain;
    }

    private void ExpandCommand(OplogRecord record, in EntryFields entry, Doc command, List<StreamEvent> events)
    {
        string database = entry.Namespace[..entry.Namespace.IndexOf('.', StringComparison.Ordinal)];
        Field first = command.Fields[0];
        string ns = first.Name == "renameCollection" ? first.Value.AsString() ?? "" : $"{database}.{first.Value.AsString()}";
        ResumeToken token = Token(record, 0, entry.Collection);
        switch (first.Name)
        {
            case "drop" when scope.Holds(ns):
                events.Add(new StreamEvent(token, _writer.Command(token, "drop", entry.Wall, ns), false));
                Invalidate(token, entry.Wall, scope.Collection is not null, events);
                break;
            case "renameCollection" when scope.Holds(ns) || scope.Holds(command["to"].AsString()!):
                events.Add(new StreamEvent(token, _writer.Command(token, "rename", entry.Wall, ns, RenameOf(command)), false));
                Invalidate(token, entry.Wall, scope.Collection is not null, events);
                break;
            case "dropDatabase" when scope.HoldsDatabase(database):
                events.Add(new StreamEvent(token, _writer.Command(token, "dropDatabase", entry.Wall, database), false));
                Invalidate(token, entry.Wall, scope.Database is not null, events);
                break;
            case "create" or "createIndexes" or "dropIndexes" or "collMod" when options.ShowsExpandedEvents && scope.Holds(ns):
                events.Add(new StreamEvent(token, _writer.Command(token, first.Name == "collMod" ? "modify" : first.Name, entry.Wall, ns, Described(first.Name, command, entry.O2)), false));
                break;
        }
    }

    private void Invalidate(ResumeToken token, long wall, bool applies, List<StreamEvent> events)
    {
        if (applies)
        {
            ResumeToken own = token with { IsInvalidate = true };
            events.Add(new StreamEvent(own, _writer.Command(own, "invalidate", wall, null), EndsStream: true));
        }
    }

    private Doc RenameOf(Doc command)
    {
        var more = new Doc { { "to", EventWriter.NamespaceOf(command["to"].AsString()!) } };
        if (options.ShowsExpandedEvents)
        {
            var description = new Doc { { "to", EventWriter.NamespaceOf(command["to"].AsString()!) } };
            description.AddIf("dropTarget", command["dropTarget"]);
            more.Add("operationDescription", description);
        }

        return more;
    }

    private static Doc Described(string name, Doc command, ReadOnlySpan<byte> more)
    {
        var description = new Doc();
        if (name is "createIndexes" or "dropIndexes")
        {
            var index = new Doc();
            foreach (Field field in (name == "createIndexes" ? command : Doc.Parse(more.ToArray())).Where(f => f.Name != "createIndexes"))
            {
                index.Add(field.Name, field.Value);
            }

            description.Add("indexes", Arr.Of([index]));
        }
        else
        {
            foreach (Field field in command.Fields.Skip(1))
            {
                description.Add(field.Name, field.Value);
            }
        }

        var result = new Doc { { "operationDescription", description } };
        if (name == "collMod" && !more.IsEmpty)
        {
            result.Add("stateBeforeChange", new Doc { { "collectionOptions", Doc.Parse(more.ToArray())["collectionOptions_old"] ?? new Doc() } });
        }

        return result;
    }
}
