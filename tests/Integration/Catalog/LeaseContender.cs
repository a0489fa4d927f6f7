using System.Diagnostics;
using System.Globalization;
using Millrace.Catalog;
using Millrace.Catalog.Leases;
using Millrace.Catalog.Stores;
using Millrace.Orchestration.Leases;

namespace Millrace.IntegrationTests.Catalog;

/// <summary>One of the two processes that take turns over a lease.</summary>
public sealed class LeaseContender
{
    public const int Rounds = 60;
    private const string Address = "MILLRACE_TEST_LEASE_CATALOG";
    private const string CounterFile = "MILLRACE_TEST_LEASE_COUNTER";
    private static readonly CancellationToken Ct = CancellationToken.None;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Starts one.</summary>
    /// <param name="address">The catalog: see <see cref="CatalogPlaces.Open"/>.</param>
    /// <param name="counter">The file that the lease protects.</param>
    public static Process Start(string address, string counter)
    {
        string assembly = typeof(LeaseContender).Assembly.Location;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (string argument in new[] { "exec", assembly, "-method", $"{typeof(LeaseContender).FullName}.{nameof(Contender)}", "-explicit", "only" })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[Address] = address;
        start.Environment[CounterFile] = counter;
        return Process.Start(start)!;
    }

    /// <summary>What each process of that test runs; started by it alone.</summary>
    [Fact(Explicit = true)]
    public async Task Contender()
    {
        string counter = Environment.GetEnvironmentVariable(CounterFile).ShouldNotBeNull();
        var dialect = CatalogPlaces.Open(Environment.GetEnvironmentVariable(Address).ShouldNotBeNull());
        await using ICatalog catalog = await new CatalogStore(dialect, null).OpenAsync(Ct);
        for (int done = 0; done < Rounds;)
        {
            LeaseAttempt attempt = await catalog.Leases.TryAcquireAsync("t", ProcessProbe.Current(1), Minute, null, Ct);
            if (!attempt.Acquired)
            {
                await Task.Yield();
                continue;
            }

            int count = int.Parse(await File.ReadAllTextAsync(counter, Ct), CultureInfo.InvariantCulture);
            await File.WriteAllTextAsync(counter, $"{count + 1}", Ct);
            await catalog.Leases.ReleaseAsync("t", attempt.Lease.Token, Ct);
            done++;
        }
    }
}
