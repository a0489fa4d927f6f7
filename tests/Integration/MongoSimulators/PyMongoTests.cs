using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Auth;

namespace Millrace.IntegrationTests.MongoSimulators;

/// <summary>The simulator as pymongo sees it: a server of its kind, and nothing else.</summary>
public sealed class PyMongoTests
{
    private const string Password = "pencil, and =paper";
    private static readonly string Escaped = Uri.EscapeDataString(Password);

    [Theory]
    [InlineData("crud")]
    [InlineData("order_of_types")]
    [InlineData("filters")]
    [InlineData("cursors")]
    [InlineData("listings")]
    [InlineData("transactions")]
    [InlineData("change_streams")]
    [InlineData("tail")]
    public async Task A_replica_set(string scenario)
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        await SimulatorClients.PyMongoAsync(scenario, simulator.Uri);
    }

    [Fact]
    public async Task Updates_of_old_and_transactions_of_many_entries_make_the_same_events()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync(new MongoSimulatorOptions
        {
            UpdateLogFormat = UpdateLogFormat.Modifiers,
            TransactionEntryOperations = 2,
            VectoredInserts = true,
        });
        await SimulatorClients.PyMongoAsync("change_streams", simulator.Uri);
    }

    [Theory]
    [InlineData("snappy")]
    [InlineData("zlib")]
    public async Task Compressed_messages(string compressor)
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        await SimulatorClients.PyMongoAsync("crud", simulator.Uri + "&compressors=" + compressor);
        simulator.Counters.CompressedMessages.ShouldBeGreaterThan(10);
    }

    [Theory]
    [InlineData("SCRAM-SHA-1")]
    [InlineData("SCRAM-SHA-256")]
    public async Task Logging_in(string mechanism)
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync(new MongoSimulatorOptions { Users = [new MongoUser("reader", Password)] });
        string address = $"127.0.0.1:{simulator.Port}/?replicaSet=rs0&authMechanism={mechanism}";
        await SimulatorClients.PyMongoAsync("ping", $"mongodb://reader:{Escaped}@{address}");
        await SimulatorClients.PyMongoAsync("ping", $"mongodb://reader:wrong@{address}", "18");
        await SimulatorClients.PyMongoAsync("ping", $"mongodb://nobody:{Escaped}@{address}", "18");
        await SimulatorClients.PyMongoAsync("ping", simulator.Uri, "13");
    }

    [Fact]
    public async Task A_user_sees_its_own_namespaces_only()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync(new MongoSimulatorOptions
        {
            Users = [new MongoUser("narrow", Password) { Namespaces = ["other.*"] }, new MongoUser("wide", Password) { Namespaces = ["shop.probe"] }],
        });
        string address = $"127.0.0.1:{simulator.Port}/?replicaSet=rs0";
        await SimulatorClients.PyMongoAsync("ping", $"mongodb://narrow:{Escaped}@{address}", "13");
        await SimulatorClients.PyMongoAsync("ping", $"mongodb://wide:{Escaped}@{address}");
    }

    [Fact]
    public async Task Tls()
    {
        using var certificates = new TestCertificates();
        await using MongoSimulator simulator = await MongoSimulator.StartAsync(new MongoSimulatorOptions { Certificate = certificates.Server });
        string uri = simulator.Uri + "&tls=true";
        await SimulatorClients.PyMongoAsync("ping", $"{uri}&tlsCAFile={certificates.AuthorityFile}");
        await SimulatorClients.PyMongoAsync("refused", uri);
        await SimulatorClients.PyMongoAsync("refused", simulator.Uri);
    }

    [Fact]
    public async Task A_certificate_logs_in()
    {
        using var certificates = new TestCertificates();
        await using MongoSimulator simulator = await MongoSimulator.StartAsync(new MongoSimulatorOptions
        {
            Certificate = certificates.Server,
            ClientAuthority = certificates.Authority,
            Users = [new MongoUser(TestCertificates.ClientSubject, null, "$external")],
        });
        string uri = $"{simulator.Uri}&tls=true&tlsCAFile={certificates.AuthorityFile}";
        await SimulatorClients.PyMongoAsync("ping", $"{uri}&tlsCertificateKeyFile={certificates.ClientFile}&authMechanism=MONGODB-X509");
        await SimulatorClients.PyMongoAsync("refused", uri);
    }

    [Fact]
    public async Task A_primary_that_fails_over_loses_no_write_and_doubles_no_event()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync();
        await SimulatorClients.PyMongoAsync(
            "keep_writing",
            simulator.Uri,
            async () =>
            {
                // Drivers send a write again once: the next fault waits until writes go through.
                await WritesAsync(simulator);
                await simulator.FailOverAsync(TimeSpan.FromMilliseconds(600));
                await WritesAsync(simulator);
                simulator.CloseConnections();
                await WritesAsync(simulator);
                simulator.Faults.Add(new Testing.MongoDb.Faults.Fault(Testing.MongoDb.Faults.FaultAction.CloseAfter) { Commands = ["insert"] });
            });
        simulator.Counters.Count("insert").ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task A_standalone_server_has_no_change_streams()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync(new MongoSimulatorOptions { Mode = MongoSimulatorMode.Standalone });
        await SimulatorClients.PyMongoAsync("standalone", simulator.Uri);
    }

    [Fact]
    public async Task A_mongos_has_change_streams_and_no_oplog()
    {
        await using MongoSimulator simulator = await MongoSimulator.StartAsync(new MongoSimulatorOptions { Mode = MongoSimulatorMode.Sharded });
        await SimulatorClients.PyMongoAsync("change_streams", simulator.Uri);
        await SimulatorClients.PyMongoAsync("no_oplog", simulator.Uri);
    }

    private static async Task WritesAsync(MongoSimulator simulator)
    {
        int held = simulator.Documents("shop.probe").Count;
        for (int i = 0; i < 500 && simulator.Documents("shop.probe").Count < held + 3; i++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
