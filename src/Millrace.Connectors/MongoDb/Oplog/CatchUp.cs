namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>The reading of what collections missed of the log while they were left out.</summary>
/// <param name="Position">The entry that they have caught up to; 0 before the first.</param>
/// <param name="Until">The entry from which on they are read with the others.</param>
internal sealed record CatchUp(ulong Position, ulong Until);
