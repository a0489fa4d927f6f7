using System.Runtime.CompilerServices;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>Hands the entries of a log to a sink, operation by operation, those of a transaction when it ends.</summary>
internal sealed class TransactionReplay(TransactionAssembler transactions, OplogRows rows, IOplogSink sink)
{
    /// <summary>Applies the operations of the next entry of a transaction that has ended; false where none is due.</summary>
    public bool ApplyDue()
    {
        if (!transactions.HasDue)
        {
            return false;
        }

        ApplyOperations(OplogEntry.Parse(transactions.TakeDue()).Object);
        return true;
    }

    /// <summary>Applies an entry, or keeps it until its transaction ends.</summary>
    /// <exception cref="MillraceException">MR1303: it commits a transaction that was prepared before the log begins.</exception>
    public void Apply(in OplogEntry entry, ReadOnlySpan<byte> document)
    {
        if (entry.Operation != OplogOperation.Command || !TransactionAssembler.IsCommand(entry))
        {
            sink.Apply(entry, document);
            return;
        }

        TransactionStep step = transactions.Accept(entry, document);
        if (step == TransactionStep.Wait)
        {
            return;
        }

        if (step == TransactionStep.Lost)
        {
            throw new MillraceException(
                ErrorCodes.HistoryLost,
                $"The log commits a transaction at {MongoDbPositions.Describe(entry.Timestamp)} that was prepared before the reading of the log began: what it "
                + "changed is not known.",
                "Load the task anew: on_history_lost: resnapshot, or --full-refresh; from files, an oplog file that begins before the transaction does will do, too.");
        }

        if (step == TransactionStep.ApplyIncomplete && rows.FirstTaken(entry) is { } target)
        {
            sink.Reject(target, document, UpdateThrow.Make("it ends a transaction whose beginning the log does not hold"));
        }

        // The entry's own operations come after the ones that waited.
        if (transactions.HasDue)
        {
            transactions.AddDue(document);
        }
        else
        {
            ApplyOperations(entry.Object);
        }
    }

    private void ApplyOperations(ReadOnlySpan<byte> command)
    {
        var operations = new ApplyOps(command);
        while (operations.Next(out ReadOnlySpan<byte> operation))
        {
            OplogEntry inner = OplogEntry.Parse(operation);
            if (inner.Operation == OplogOperation.Command && TransactionAssembler.IsCommand(inner))
            {
                // applyOps within applyOps goes no deeper than documents do.
                RuntimeHelpers.EnsureSufficientExecutionStack();
                ApplyOperations(inner.Object);
            }
            else
            {
                sink.Apply(inner, operation);
            }
        }
    }
}
