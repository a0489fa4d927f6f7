using System.Diagnostics;
using System.Reflection;
using Millrace.Testing.MongoDb.Values;
using Millrace.Testing.MongoDb.Wire;

namespace Millrace.IntegrationTests.MongoSimulators;

/// <summary>The simulator in a process of its own.</summary>
public sealed class HostTests
{
    [Fact]
    public async Task The_host_serves_obeys_and_ends_with_its_input()
    {
        string configuration = typeof(HostTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration.ToLowerInvariant();
        string host = Path.Combine(AppContext.BaseDirectory, "..", "..", "Millrace.MongoSimulator", configuration, "millrace-mongo-simulator");
        using Process process = Process.Start(new ProcessStartInfo(host, ["--generate", "shop.orders=1000", "--oplog-entries", "50"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        string? line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        line.ShouldNotBeNull().ShouldStartWith("listening mongodb://127.0.0.1:");
        int port = new Uri(line.Split(' ')[1]).Port;
        await using (MongoWireClient client = await MongoWireClient.ConnectAsync(port))
        {
            (await client.RunAsync("shop", new Doc { { "count", "orders" } }))["n"].AsLong().ShouldBe(1000);
            await OrderAsync(process, "fail ping 91");
            (await Should.ThrowAsync<Testing.MongoDb.CommandException>(() => client.RunAsync("admin", new Doc { { "ping", 1 } }))).Code.ShouldBe(91);
            await OrderAsync(process, "close");
            await Should.ThrowAsync<IOException>(() => client.RunAsync("admin", new Doc { { "ping", 1 } }));
        }

        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0);
    }

    private static async Task OrderAsync(Process process, string order)
    {
        await process.StandardInput.WriteLineAsync(order);
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("ok");
    }
}
