using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Server;

/// <summary>What an update did.</summary>
/// <param name="Matched">Documents that matched.</param>
/// <param name="Modified">Documents that changed.</param>
/// <param name="UpsertedId">The <c>_id</c> of a document that was inserted.</param>
/// <param name="Before">The last document that matched, before.</param>
/// <param name="After">The same, after; or what was inserted.</param>
internal sealed record UpdateOutcome(long Matched, long Modified, Node? UpsertedId, byte[]? Before, byte[]? After);
