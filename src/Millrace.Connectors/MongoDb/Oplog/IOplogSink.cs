using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>Takes the operations of a log in their order.</summary>
internal interface IOplogSink
{
    /// <summary>Applies an operation that is not a transaction's command.</summary>
    void Apply(in OplogEntry entry, ReadOnlySpan<byte> raw);

    /// <summary>Puts an entry that cannot be applied into quarantine.</summary>
    void Reject(LogCollection collection, ReadOnlySpan<byte> raw, MillraceException why);
}
