namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>A place in an oplog file where reading can start.</summary>
/// <param name="Timestamp">The entry's timestamp.</param>
/// <param name="Offset">Where it stands.</param>
/// <param name="Entries">Entries before it.</param>
internal readonly record struct OplogMark(ulong Timestamp, long Offset, long Entries);
