using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Millrace.Connectors.MongoDb;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Testing.MongoDb;
using Millrace.Testing.MongoDb.Auth;
using Millrace.Testing.MongoDb.Faults;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>What a live server may refuse, and what is said then: a code of its own, a fix, no secret.</summary>
public sealed class LiveErrorTests
{
    private const string Password = "c0rrect-horse";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ann:wrong-horse@")]
    [InlineData("nobody:wrong-horse@")]
    public async Task A_wrong_password_is_told_as_such(string credentials)
    {
        await using MongoSimulator server = await MongoSimulator.StartAsync(new() { Users = [new("ann", Password)] });

        MillraceException error = await FailAsync(server.Uri.Replace("://", "://" + credentials, StringComparison.Ordinal));

        error.Code.ShouldBe(ErrorCodes.MongoAuthenticationFailed);
        error.ConfigPath.ShouldBe("connections.live.uri");
        (error.Message + error.Fix).ShouldNotContain("wrong-horse");
    }

    [Fact]
    public async Task The_right_password_reads()
    {
        await using MongoSimulator server = await MongoSimulator.StartAsync(new() { Users = [new("ann", Password)] });
        server.Insert("shop.orders", [new Doc { { "_id", 1 } }]);

        IReadOnlyList<CheckFinding> findings = await CheckAsync(server.Uri.Replace("://", $"://ann:{Password}@", StringComparison.Ordinal));

        findings.Count.ShouldBe(3);
        findings.ShouldAllBe(f => f.Error == null);
    }

    [Fact]
    public async Task A_missing_privilege_names_what_was_tried()
    {
        await using MongoSimulator server = await MongoSimulator.StartAsync(
            new() { Users = [new("ann", Password) { Namespaces = ["other.*"] }] });
        server.Insert("shop.orders", [new Doc { { "_id", 1 } }]);

        MillraceException error = await FailAsync(server.Uri.Replace("://", $"://ann:{Password}@", StringComparison.Ordinal));

        error.Code.ShouldBe(ErrorCodes.MongoNotAuthorized);
        error.Fix.ShouldNotBeNull().ShouldContain("docs/mongodb-live.md");
        (error.Message + error.Fix).ShouldNotContain(Password);
    }

    [Theory]
    [InlineData(MongoDbCapture.ChangeStreams)]
    [InlineData(MongoDbCapture.Oplog)]
    public async Task A_standalone_has_no_log(MongoDbCapture capture)
    {
        await using MongoSimulator server = await MongoSimulator.StartAsync(new() { Mode = MongoSimulatorMode.Standalone });
        server.Insert("shop.orders", [new Doc { { "_id", 1 } }]);

        MillraceException error = await FailAsync(server.Uri, capture);

        error.Code.ShouldBe(ErrorCodes.MongoNotReplicated);
        error.Fix.ShouldNotBeNull().ShouldContain("full_refresh");
        (await RowsAsync(server.Uri, ReplicationMethod.FullRefresh)).ShouldBe(1);
    }

    [Fact]
    public async Task A_sharded_cluster_is_followed_by_change_streams_only()
    {
        await using MongoSimulator server = await MongoSimulator.StartAsync(new() { Mode = MongoSimulatorMode.Sharded });
        server.Insert("shop.orders", [new Doc { { "_id", 1 } }]);

        (await FailAsync(server.Uri, MongoDbCapture.Oplog)).Code.ShouldBe(ErrorCodes.MongoOplogOfShards);
        (await RowsAsync(server.Uri, ReplicationMethod.ChangeCapture)).ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_another_authority_vouches_for_is_not_spoken_to()
    {
        using X509Certificate2 own = SelfSigned("localhost"), other = SelfSigned("localhost");
        string authority = Path.Combine(Path.GetTempPath(), $"millrace-ca-{Guid.NewGuid():N}.pem");
        try
        {
            await using MongoSimulator server = await MongoSimulator.StartAsync(new() { Certificate = own });
            server.Insert("shop.orders", [new Doc { { "_id", 1 } }]);
            string uri = $"mongodb://127.0.0.1:{server.Port}/?directConnection=true&tls=true&serverSelectionTimeoutMS=1500&tlsCAFile={Uri.EscapeDataString(authority)}";

            await File.WriteAllTextAsync(authority, other.ExportCertificatePem(), Token);
            MillraceException error = await FailAsync(uri);
            error.Code.ShouldBe(ErrorCodes.MongoTlsFailed);
            error.Fix.ShouldNotBeNull().ShouldContain("tlsCAFile");

            await File.WriteAllTextAsync(authority, own.ExportCertificatePem(), Token);
            (await RowsAsync(uri, ReplicationMethod.FullRefresh)).ShouldBe(1);
        }
        finally
        {
            File.Delete(authority);
        }
    }

    [Fact]
    public async Task A_server_that_takes_too_long_is_told_as_such()
    {
        await using MongoSimulator server = await MongoSimulator.StartAsync();
        server.Insert("shop.orders", [new Doc { { "_id", 1 } }]);
        server.Faults.Add(new Fault(FaultAction.Delay) { Commands = ["listCollections"], Pause = TimeSpan.FromSeconds(20), Times = 9 });

        (await FailAsync(server.Uri + "&socketTimeoutMS=300")).Code.ShouldBe(ErrorCodes.MongoTimeout);
    }

    [Theory]
    [InlineData(286)]
    [InlineData(136)]
    [InlineData(280)]
    public async Task A_log_that_was_lost_is_told_as_lost_history(int code)
    {
        await using MongoSimulator server = await MongoSimulator.StartAsync();
        server.Insert("shop.orders", [new Doc { { "_id", 1 } }]);
        server.Faults.Fail("aggregate", code, 20);

        (await FailAsync(server.Uri)).Code.ShouldBe(ErrorCodes.HistoryLost);
    }

    [Fact]
    public async Task A_command_that_the_server_refuses_is_told_with_its_code()
    {
        await using MongoSimulator server = await MongoSimulator.StartAsync();
        server.Insert("shop.orders", [new Doc { { "_id", 1 } }]);
        server.Faults.Fail("find", 2, 20);

        MillraceException error = await FailAsync(server.Uri);

        error.Code.ShouldBe(ErrorCodes.MongoCommandFailed);
        error.IsTransient.ShouldBeFalse();
        error.Message.ShouldContain("code 2");
    }

    private static ISource Source(string uri, MongoDbCapture capture, ReplicationMethod method) => new MongoDbConnector().CreateSource(
        new(new ConnectionSettings("live", new MongoDbOptions { Uri = uri, Database = "shop", Capture = capture }, ""), "job/task", ["orders"], method)
        {
            Selector = new(["orders"], []),
        });

    private static async Task<int> RowsAsync(string uri, ReplicationMethod method, MongoDbCapture capture = MongoDbCapture.ChangeStreams)
    {
        int rows = 0;
        await using ISource source = Source(uri, capture, method);
        ReadPlan plan = await source.PlanAsync(new([], 1), Token);
        foreach (PartitionPlan partition in plan.Partitions.OrderBy(p => p.Stage))
        {
            await foreach (Core.Batches.RecordBatch batch in source.ReadAsync(new(partition), Token))
            {
                rows += batch.RowCount;
                batch.Dispose();
            }
        }

        return rows;
    }

    private static Task<MillraceException> FailAsync(string uri, MongoDbCapture capture = MongoDbCapture.ChangeStreams) =>
        Should.ThrowAsync<MillraceException>(() => RowsAsync(uri, ReplicationMethod.ChangeCapture, capture));

    private static ValueTask<IReadOnlyList<CheckFinding>> CheckAsync(string uri) =>
        new MongoDbConnector().CheckAsync(new("live", new MongoDbOptions { Uri = uri, Database = "shop" }, ""), Token);

    private static X509Certificate2 SelfSigned(string host)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(90));
    }
}
