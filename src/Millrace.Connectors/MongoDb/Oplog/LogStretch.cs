namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>Entries of the log, by timestamp.</summary>
/// <param name="After">The entry before the first.</param>
/// <param name="Until">The last.</param>
internal readonly record struct LogStretch(ulong After, ulong Until);
