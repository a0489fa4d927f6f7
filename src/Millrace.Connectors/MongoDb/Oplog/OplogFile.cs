using Millrace.Connectors.MongoDb.Files;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>An oplog file and what scanning it told.</summary>
/// <param name="File">The file.</param>
/// <param name="Facts">Its extent.</param>
internal sealed record OplogFile(IDocumentFile File, OplogFileFacts Facts);
