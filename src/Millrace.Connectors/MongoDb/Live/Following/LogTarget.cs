using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>From where to where a log is read, and for whom.</summary>
/// <param name="Start">Reading starts after this.</param>
/// <param name="Until">Reading ends once every change up to here was taken.</param>
/// <param name="Scope">Whose changes are rows.</param>
/// <param name="Nowhere">The table of batches that only move the position.</param>
internal sealed record LogTarget(LogPosition Start, ulong Until, LogScope Scope, TableId Nowhere)
{
    /// <summary>True where an event without its document has it looked up: there may be no post-image.</summary>
    public bool LooksUpMissing { get; init; }

    /// <summary>Names of the collection's catching up, where that is what is read; else null.</summary>
    public string? CatchUp { get; init; }

    /// <summary>The position of a change stream.</summary>
    public Position PositionAt(ulong time, ReadOnlySpan<byte> token) =>
        CatchUp is { } id ? MongoDbPositions.CatchUp(id, time, atEnd: false) : LogPosition.OfStream(time, token);
}
