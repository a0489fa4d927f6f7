namespace Millrace.Testing.MongoDb.Oplog;

/// <summary>A document before and after a change.</summary>
internal sealed record ChangeImages(byte[]? Before, byte[]? After);
