namespace Millrace.Testing.Mongo;

/// <summary>How a transaction ends.</summary>
public enum TransactionEnd
{
    /// <summary>The last entry without <c>partialTxn</c> commits.</summary>
    Implicit,

    /// <summary>Prepared, then <c>commitTransaction</c>.</summary>
    PrepareAndCommit,

    /// <summary>Prepared, then <c>abortTransaction</c>.</summary>
    PrepareAndAbort,
}

/// <summary>
/// A multi-document transaction that is written to the log piece by piece, with other entries between the pieces, as a server writes one
/// that is larger than an entry. Its operations show in the documents when it commits.
/// </summary>
public sealed class ModelTransaction
{
    private const ulong NoOpTime = 0;

    private readonly MongoModel _model;
    private readonly IReadOnlyList<ModelOperation> _operations;
    private readonly Queue<Action> _pieces = new();
    private readonly BsonDoc _session;
    private readonly long _number;
    private ulong _previous = NoOpTime;

    /// <summary>Lays a transaction out; nothing is written yet.</summary>
    /// <param name="model">The server.</param>
    /// <param name="operations">Changes of different documents.</param>
    /// <param name="pieces">Entries that hold the operations.</param>
    /// <param name="end">How it ends.</param>
    /// <param name="number">Its number in its session.</param>
    public ModelTransaction(MongoModel model, IReadOnlyList<ModelOperation> operations, int pieces, TransactionEnd end, long number)
    {
        _model = model;
        _operations = operations;
        _number = number;
        _session = new BsonDoc().Add("id", BsonLeaf.Uuid(model.NewGuid())).Add("uid", BsonLeaf.Binary(0, new byte[32]));
        ModelOperation[][] chunks = [.. operations.Chunk(Math.Max(1, (operations.Count + pieces - 1) / pieces))];
        for (int i = 0; i < chunks.Length; i++)
        {
            ModelOperation[] chunk = chunks[i];
            bool isLast = i == chunks.Length - 1;
            bool isOnly = chunks.Length == 1;
            _pieces.Enqueue(() => WriteOperations(chunk, isLast, isOnly, end));
        }

        if (end != TransactionEnd.Implicit)
        {
            _pieces.Enqueue(() => WriteDecision(end));
        }
    }

    /// <summary>Documents that no one else may change until the transaction has ended.</summary>
    public IEnumerable<(string Namespace, string Key)> Locked => _operations.Select(o => (o.Namespace, o.Key));

    /// <summary>True after the last entry.</summary>
    public bool IsOver => _pieces.Count == 0;

    /// <summary>Writes the next entry.</summary>
    public void WriteNext() => _pieces.Dequeue()();

    private void WriteOperations(ModelOperation[] chunk, bool isLast, bool isOnly, TransactionEnd end)
    {
        var command = new BsonDoc().Add("applyOps", BsonList.Of(chunk.Select(o => o.Entry)));
        if (!isLast)
        {
            command.Add("partialTxn", BsonLeaf.Boolean(true));
        }
        else if (end != TransactionEnd.Implicit)
        {
            command.Add("prepare", BsonLeaf.Boolean(true));
        }

        if (isLast && !isOnly)
        {
            command.Add("count", BsonLeaf.Int64(_operations.Count));
        }

        Append(command);
        if (isLast && end == TransactionEnd.Implicit)
        {
            _model.Apply(_operations);
        }
    }

    private void WriteDecision(TransactionEnd end)
    {
        if (end == TransactionEnd.PrepareAndAbort)
        {
            Append(new BsonDoc().Add("abortTransaction", BsonLeaf.Int32(1)));
            return;
        }

        Append(new BsonDoc().Add("commitTransaction", BsonLeaf.Int32(1)).Add("commitTimestamp", BsonLeaf.Timestamp(_previous)));
        _model.Apply(_operations);
    }

    private void Append(BsonDoc command)
    {
        var previous = new BsonDoc().Add("ts", BsonLeaf.Timestamp(_previous)).Add("t", BsonLeaf.Int64(_previous == NoOpTime ? -1 : 3));
        var entry = new BsonDoc().Add("lsid", _session).Add("txnNumber", BsonLeaf.Int64(_number));
        entry.Fields.AddRange(_model.Operation("c", "admin.$cmd", command).Fields);
        _previous = _model.Append(entry, ("prevOpTime", previous));
    }
}
