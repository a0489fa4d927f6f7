using System.Security.Cryptography.X509Certificates;
using Millrace.Testing.MongoDb.Auth;

namespace Millrace.Testing.MongoDb;

/// <summary>How a simulator is set up.</summary>
public sealed record MongoSimulatorOptions
{
    /// <summary>The port on 127.0.0.1; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>What it pretends to be.</summary>
    public MongoSimulatorMode Mode { get; init; }

    /// <summary>The replica set's name.</summary>
    public string SetName { get; init; } = "rs0";

    /// <summary>The server version that it tells.</summary>
    public string Version { get; init; } = "7.0.14";

    /// <summary>The lowest wire version it says it speaks.</summary>
    public int MinWireVersion { get; init; }

    /// <summary>The highest wire version it says it speaks: 21 is MongoDB 7.0.</summary>
    public int MaxWireVersion { get; init; } = 21;

    /// <summary>Bytes of the oplog beyond which its oldest entries go; 0 for no bound.</summary>
    public long OplogMaxBytes { get; init; }

    /// <summary>Entries of the oplog beyond which its oldest ones go; 0 for no bound.</summary>
    public long OplogMaxEntries { get; init; }

    /// <summary>How updates are logged.</summary>
    public UpdateLogFormat UpdateLogFormat { get; init; }

    /// <summary>Whether inserts of several documents are logged as one applyOps, as servers since 8.0 do.</summary>
    public bool VectoredInserts { get; init; }

    /// <summary>Operations of a transaction that one oplog entry holds at most; what is over makes a chain of entries.</summary>
    public int TransactionEntryOperations { get; init; } = int.MaxValue;

    /// <summary>Bytes of a transaction's operations that one oplog entry holds at most.</summary>
    public int TransactionEntryBytes { get; init; } = 15 * 1024 * 1024;

    /// <summary>How often a noop is written to the oplog; null for never. Servers do it every 10 s.</summary>
    public TimeSpan? NoopInterval { get; init; }

    /// <summary>Users; where there is one, clients have to log in.</summary>
    public IReadOnlyList<MongoUser> Users { get; init; } = [];

    /// <summary>The certificate with its key; with it, clients have to speak TLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Who has to have signed a client's certificate; with it, clients have to show one.</summary>
    public X509Certificate2? ClientAuthority { get; init; }

    /// <summary>Compressors on offer, of <c>snappy</c> and <c>zlib</c>.</summary>
    public IReadOnlyList<string> Compressors { get; init; } = ["snappy", "zlib"];

    /// <summary>The most bytes of one change event or document, 16 MiB as servers have it. Smaller values make large events cheap to test.</summary>
    public int MaxDocumentBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Whether <c>min</c> and <c>max</c> of a find are ignored, as look-alikes of MongoDB do.</summary>
    public bool IgnoresIndexBounds { get; init; }

    /// <summary>The server's clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
