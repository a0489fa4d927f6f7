using Millrace.Testing.MongoDb;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>Tests that need a simulator's own controls: faults, a log that rolls over, a chosen version.</summary>
public abstract class LiveServerTest : LiveTest<MongoSimulator>
{
    private protected override Task<MongoSimulator> StartAsync() => MongoSimulator.StartAsync(ServerOptions);
}
