using Millrace.Testing.MongoDb.Storage;

namespace Millrace.Testing.MongoDb.Oplog;

/// <summary>A change of one document.</summary>
/// <param name="Collection">Where.</param>
/// <param name="Key">The key of its <c>_id</c>.</param>
/// <param name="Before">The document before, null for an insert.</param>
/// <param name="After">The document after, null for a delete.</param>
/// <param name="IsReplacement">Whether an update gave the whole document, which is then logged whole.</param>
internal sealed record DocumentChange(Collection Collection, byte[] Key, byte[]? Before, byte[]? After, bool IsReplacement)
{
    /// <summary>The number of the statement within a retryable write or transaction, or -1.</summary>
    public int StatementId { get; init; } = -1;

    public ChangeImages? Images => Collection.Options.KeepsImages ? new ChangeImages(Before, After) : null;
}
