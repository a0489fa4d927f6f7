using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.External;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>Tests of any server: the one that <c>MILLRACE_TEST_MONGODB</c> names, or a simulator.</summary>
public abstract class LiveAnyServerTest : LiveTest<IMongoServer>
{
    /// <summary>True for tests of a kind of server that only a simulator can be.</summary>
    private protected virtual bool IsSimulated => false;

    private protected override async Task<IMongoServer> StartAsync() =>
        IsSimulated ? await MongoSimulator.StartAsync(ServerOptions) : await ExternalMongoServer.StartAsync(ServerOptions);
}
