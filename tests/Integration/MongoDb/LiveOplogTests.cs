using Millrace.Connectors.MongoDb;
using Millrace.Testing.MongoDb;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>Change capture of a live server by its oplog, updates logged as deltas.</summary>
public sealed class LiveOplogTests : LiveChangeTests
{
    public LiveOplogTests()
    {
        Capture = MongoDbCapture.Oplog;
    }

    private protected override MongoSimulatorOptions ServerOptions => new() { TransactionEntryOperations = 2 };
}

/// <summary>As <see cref="LiveOplogTests"/>, updates logged as $set and $unset, and inserts of several documents as one entry.</summary>
public sealed class LiveOplogOfOldTests : LiveChangeTests
{
    public LiveOplogOfOldTests()
    {
        Capture = MongoDbCapture.Oplog;
    }

    private protected override bool IsSimulated => true;

    private protected override MongoSimulatorOptions ServerOptions => new() { UpdateLogFormat = UpdateLogFormat.Modifiers, VectoredInserts = true };
}
