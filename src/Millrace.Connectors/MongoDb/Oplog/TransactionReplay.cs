using System.Runtime.CompilerServices;

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
