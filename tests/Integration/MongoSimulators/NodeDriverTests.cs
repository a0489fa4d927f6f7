using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Auth;

namespace Millrace.IntegrationTests.MongoSimulators;

/// <summary>The simulator as MongoDB's own Node driver sees it.</summary>
public sealed class NodeDriverTests
{
    [Theory]
    [InlineData("crud")]
    [InlineData("transactions")]
    [InlineData("streams")]
    public async Task A_replica_set(string scenario)
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        await SimulatorClients.NodeAsync(scenario, simulator.Uri);
    }

    [Fact]
    public async Task Large_events_are_split_where_that_is_asked_for()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync(new MongoSimulatorOptions { MaxDocumentBytes = 4096 });
        await SimulatorClients.NodeAsync("split", simulator.Uri);
    }

    [Fact]
    public async Task Zlib()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        await SimulatorClients.NodeAsync("compressed", simulator.Uri + "&compressors=zlib");
        simulator.Counters.CompressedMessages.ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData("SCRAM-SHA-1")]
    [InlineData("SCRAM-SHA-256")]
    public async Task Logging_in(string mechanism)
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync(new MongoSimulatorOptions { Users = [new MongoUser("writer", "secret")] });
        string address = $"127.0.0.1:{simulator.Port}/?replicaSet=rs0&authMechanism={mechanism}";
        await SimulatorClients.NodeAsync("login", $"mongodb://writer:secret@{address}");
        await SimulatorClients.NodeAsync("rejected", $"mongodb://writer:wrong@{address}");
    }
}
