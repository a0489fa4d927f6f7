using System.Net;
using System.Net.Sockets;
using Millrace.Connectors.MongoDb;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>Where no server answers: what is said, with the driver itself and without a server.</summary>
public sealed class LiveUnreachableTests
{
    private const string Password = "tops3cret";

    [Fact]
    public async Task A_port_without_a_server_is_told_with_host_and_without_password()
    {
        CheckFinding finding = (await CheckAsync($"mongodb://ann:{Password}@127.0.0.1:{ClosedPort()}/?serverSelectionTimeoutMS=300")).ShouldHaveSingleItem();

        MillraceException error = finding.Error.ShouldNotBeNull();
        error.Code.ShouldBe(ErrorCodes.MongoUnreachable);
        error.IsTransient.ShouldBeTrue();
        error.Message.ShouldContain("127.0.0.1");
        (error.Message + error.Fix).ShouldNotContain(Password);
    }

    [Fact]
    public async Task A_host_that_is_not_known_is_told()
    {
        CheckFinding finding = (await CheckAsync($"mongodb://ann:{Password}@host.invalid:27017/?serverSelectionTimeoutMS=300")).ShouldHaveSingleItem();

        finding.Error!.Code.ShouldBe(ErrorCodes.MongoUnreachable);
        finding.Error.Message.ShouldContain("host.invalid");
    }

    [Theory]
    [InlineData("mongodb://ann:" + Password + "@127.0.0.1:notaport/")]
    [InlineData("http://ann:" + Password + "@127.0.0.1/")]
    public async Task What_is_no_connection_string_is_told_without_showing_it(string uri)
    {
        MillraceException error = (await CheckAsync(uri)).ShouldHaveSingleItem().Error.ShouldNotBeNull();

        error.Code.ShouldBe(ErrorCodes.MongoUriInvalid);
        error.ConfigPath.ShouldBe("connections.live.uri");
        (error.Message + error.Fix).ShouldNotContain(Password);
    }

    [Fact]
    public async Task A_server_and_files_in_one_connection_contradict_each_other()
    {
        var connection = new ConnectionSettings("live", new MongoDbOptions { Uri = "mongodb://127.0.0.1", Dump = "dump" }, "");

        IReadOnlyList<CheckFinding> findings = await new MongoDbConnector().CheckAsync(connection, TestContext.Current.CancellationToken);

        findings.ShouldHaveSingleItem().Error!.Code.ShouldBe(ErrorCodes.InvalidConfiguration);
    }

    [Fact]
    public async Task Somebody_who_waits_for_a_server_is_let_go_at_once()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var options = new MongoDbOptions { Uri = $"mongodb://127.0.0.1:{ClosedPort()}/?serverSelectionTimeoutMS=20000", Database = "shop" };
        var settings = new SourceSettings(new ConnectionSettings("live", options, ""), "job/task", ["orders"], ReplicationMethod.FullRefresh);
        await using ISource source = new MongoDbConnector().CreateSource(settings);
        Task<ReadPlan> waiting = source.PlanAsync(new([], 1), cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken));
    }

    private static ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(string uri) => new MongoDbConnector().CheckAsync(
        new("live", new MongoDbOptions { Uri = uri, Database = "shop" }, ""), TestContext.Current.CancellationToken);

    // A port that was free a moment ago.
    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
