using System.Runtime.CompilerServices;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>How many rows an entry brings, which a budget is asked before the entry is applied.</summary>
internal sealed class OplogRows
{
    private readonly LogCollections _collections;
    private readonly TransactionAssembler _transactions;
    private readonly Func<ReadOnlySpan<byte>, long> _ofOperations;
    private ulong _timestamp;

    public OplogRows(LogCollections collections, TransactionAssembler transactions)
    {
        _collections = collections;
        _transactions = transactions;
        _ofOperations = OfOperations;
    }

    /// <summary>Rows that an entry brings, as far as that shows before it is applied: a rename's show only then.</summary>
    public long Of(in OplogEntry entry, ulong timestamp)
    {
        _timestamp = timestamp;
        return Of(entry);
    }

    /// <summary>The first collection of the task that an applyOps changes, or null.</summary>
    public LogCollection? FirstTaken(in OplogEntry entry)
    {
        var operations = new ApplyOps(entry.Object);
        while (operations.Next(out ReadOnlySpan<byte> operation))
        {
            if (_collections.Find(OplogEntry.Parse(operation).Namespace) is { IsTaken: true } taken)
            {
                return taken;
            }
        }

        return null;
    }

    private long Of(in OplogEntry entry) => entry.Operation switch
    {
        OplogOperation.Insert or OplogOperation.Update or OplogOperation.Delete => _collections.Find(entry.Namespace).IsTakenAt(_timestamp) ? 1 : 0,
        OplogOperation.Command when TransactionAssembler.IsCommand(entry) => _transactions.RowsOf(entry, _ofOperations),
        _ => 0,
    };

    private long OfOperations(ReadOnlySpan<byte> command)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        long rows = 0;
        var operations = new ApplyOps(command);
        while (operations.Next(out ReadOnlySpan<byte> operation))
        {
            rows += Of(OplogEntry.Parse(operation));
        }

        return rows;
    }
}
