using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>What is to be done with an applyOps, commitTransaction or abortTransaction entry.</summary>
internal enum TransactionStep
{
    /// <summary>Nothing now: it waits for its commit, or was aborted.</summary>
    Wait,

    /// <summary>The operations that waited, and the entry's own, are applied now.</summary>
    Apply,

    /// <summary>As <see cref="Apply"/>, but the log does not hold the transaction's beginning.</summary>
    ApplyIncomplete,

    /// <summary>A transaction is committed of which the log holds nothing: it was prepared before.</summary>
    Lost,
}

/// <summary>
/// Puts transactions together. A small one is a single applyOps. A large one is a chain of entries with <c>partialTxn</c>, ended by one
/// without; a prepared one ends with <c>prepare</c> and is decided by <c>commitTransaction</c> or <c>abortTransaction</c> later, with other
/// entries between. Either way its operations count from the entry that commits it.
/// </summary>
/// <param name="spill">Where entries wait.</param>
internal sealed class TransactionAssembler(TransactionSpill spill) : IDisposable
{
    private readonly Dictionary<string, Open> _open = new(StringComparer.Ordinal);
    private readonly Queue<KeptEntry> _due = new();
    private readonly ByteBuffer _buffer = new();

    /// <summary>True where earlier entries of a transaction that was decided wait to be taken.</summary>
    public bool HasDue => _due.Count > 0;

    /// <summary>The first entry of the oldest transaction that waits; 0 where none does.</summary>
    public ulong OpenSince => _open.Count == 0 ? 0 : _open.Values.Min(o => o.Since);

    /// <summary>Looks at a command entry that belongs to a transaction.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="document">The entry's raw bytes.</param>
    /// <returns>Where it is to be applied, the earlier entries are due first.</returns>
    public TransactionStep Accept(in OplogEntry entry, ReadOnlySpan<byte> document)
    {
        var command = new BsonReader(entry.Object);
        if (!command.Next())
        {
            return TransactionStep.Wait;
        }

        if (command.Name.SequenceEqual("abortTransaction"u8))
        {
            Forget(KeyOf(entry));
            return TransactionStep.Wait;
        }

        if (command.Name.SequenceEqual("commitTransaction"u8))
        {
            return Finish(entry) ? TransactionStep.Apply : TransactionStep.Lost;
        }

        if (IsAlone(entry))
        {
            return TransactionStep.Apply;
        }

        if (IsHeldBack(entry))
        {
            Keep(entry, document);
            return TransactionStep.Wait;
        }

        return Finish(entry) || !entry.HasPrevious ? TransactionStep.Apply : TransactionStep.ApplyIncomplete;
    }

    /// <summary>Takes the next entry that is due.</summary>
    /// <returns>Its raw bytes, valid until the next call of any member.</returns>
    public ReadOnlySpan<byte> TakeDue()
    {
        KeptEntry entry = _due.Dequeue();
        ReadOnlySpan<byte> document = spill.Read(entry, _buffer);
        spill.Release(entry);
        return document;
    }

    /// <summary>Puts an entry behind those that are due.</summary>
    public void AddDue(ReadOnlySpan<byte> document) => _due.Enqueue(spill.Keep(document));

    /// <summary>Lets what is due go: it was applied by an earlier run.</summary>
    public void SkipDue()
    {
        while (_due.TryDequeue(out KeptEntry entry))
        {
            spill.Release(entry);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        spill.Dispose();
        _buffer.Dispose();
    }

    /// <summary>Rows that a command would bring once it is accepted, those of the entries that wait for it with its own.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="count">Says how many rows the operations of one raw command are.</param>
    public long RowsOf(in OplogEntry entry, Func<ReadOnlySpan<byte>, long> count)
    {
        var command = new BsonReader(entry.Object);
        if (!command.Next() || command.Name.SequenceEqual("abortTransaction"u8) || IsHeldBack(entry))
        {
            return 0;
        }

        long rows = count(entry.Object);
        if (!IsAlone(entry) && _open.TryGetValue(KeyOf(entry), out Open? open))
        {
            foreach (KeptEntry earlier in open.Entries)
            {
                rows += count(OplogEntry.Parse(spill.Read(earlier, _buffer)).Object);
            }
        }

        return rows;
    }

    /// <summary>True for the commands that make up transactions.</summary>
    public static bool IsCommand(in OplogEntry entry)
    {
        var command = new BsonReader(entry.Object);
        return command.Next()
            && (command.Name.SequenceEqual("applyOps"u8) || command.Name.SequenceEqual("commitTransaction"u8) || command.Name.SequenceEqual("abortTransaction"u8));
    }

    private static bool IsAlone(in OplogEntry entry) => entry.IsAppliedSeparately || entry.TransactionNumber < 0 || entry.Session.IsEmpty;

    private static bool IsHeldBack(in OplogEntry entry) =>
        !IsAlone(entry) && (IsSet(entry.Object, "partialTxn"u8) || IsSet(entry.Object, "prepare"u8));

    private static bool IsSet(ReadOnlySpan<byte> command, ReadOnlySpan<byte> name)
    {
        var reader = new BsonReader(command);
        return reader.Find(name) && reader.Type == BsonType.Boolean && reader.GetBoolean();
    }

    private static string KeyOf(in OplogEntry entry) => $"{Convert.ToHexString(entry.Session)}:{entry.TransactionNumber}";

    private void Keep(in OplogEntry entry, ReadOnlySpan<byte> document)
    {
        string key = KeyOf(entry);
        if (!_open.TryGetValue(key, out Open? open))
        {
            open = new Open(entry.Timestamp);
            _open[key] = open;
        }

        open.Entries.Add(spill.Keep(document));
    }

    private void Forget(string key)
    {
        if (_open.Remove(key, out Open? open))
        {
            open.Entries.ForEach(spill.Release);
        }
    }

    private bool Finish(in OplogEntry entry)
    {
        if (!_open.Remove(KeyOf(entry), out Open? open))
        {
            return false;
        }

        open.Entries.ForEach(_due.Enqueue);
        return true;
    }

    private sealed class Open(ulong since)
    {
        public ulong Since { get; } = since;

        public List<KeptEntry> Entries { get; } = [];
    }
}
