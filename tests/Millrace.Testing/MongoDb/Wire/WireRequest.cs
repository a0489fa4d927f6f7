using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Wire;

/// <summary>A message of a client: a command, and the documents that came beside it.</summary>
internal sealed class WireRequest
{
    public required int RequestId { get; init; }

    public required OpCode OpCode { get; init; }

    public required Doc Command { get; init; }

    public Dictionary<string, List<ReadOnlyMemory<byte>>> Sequences { get; init; } = [];

    /// <summary>For OP_QUERY the database in the collection's name.</summary>
    public string? Database { get; init; }

    public bool HasChecksum { get; init; }

    /// <summary>The client wants no answer.</summary>
    public bool MoreToCome { get; init; }

    /// <summary>The client takes several answers to this one message.</summary>
    public bool ExhaustAllowed { get; init; }

    /// <summary>What the message was compressed with, 0 for nothing.</summary>
    public byte Compressor { get; set; }
}
