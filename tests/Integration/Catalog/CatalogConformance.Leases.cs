using System.Diagnostics;
using Millrace.Catalog;
using Millrace.Catalog.Leases;
using Millrace.Core.Errors;
using Millrace.Orchestration.Leases;
using Millrace.Orchestration.Runner;

namespace Millrace.IntegrationTests.Catalog;

public abstract partial class CatalogConformance
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly LeaseHolder Elsewhere = new(9, "far", "another machine", 1, "1");

    [Fact]
    public async Task Only_one_holds_a_lease_until_it_is_released_or_expires_and_the_token_grows()
    {
        var time = new ManualTime();
        await using ICatalog catalog = await Place.OpenAsync(time);
        ILeaseStore leases = catalog.Leases;

        LeaseAttempt first = await leases.TryAcquireAsync("t", Elsewhere, Minute, null, Ct);
        LeaseAttempt held = await leases.TryAcquireAsync("t", Elsewhere with { RunId = 10 }, Minute, null, Ct);
        await leases.ReleaseAsync("t", first.Lease.Token, Ct);
        LeaseAttempt second = await leases.TryAcquireAsync("t", Elsewhere with { RunId = 10 }, Minute, null, Ct);
        time.Advance(Minute);
        LeaseAttempt third = await leases.TryAcquireAsync("t", Elsewhere with { RunId = 11 }, Minute, null, Ct);

        (first.Acquired, held.Acquired, second.Acquired, third.Acquired).ShouldBe((true, false, true, true));
        held.Lease.ShouldBe(first.Lease);
        new[] { first.Lease.Token, second.Lease.Token, third.Lease.Token }.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Who_lost_a_lease_can_neither_renew_nor_release_it()
    {
        var time = new ManualTime();
        await using ICatalog catalog = await Place.OpenAsync(time);
        Lease old = (await catalog.Leases.TryAcquireAsync("t", Elsewhere, Minute, null, Ct)).Lease;
        time.Advance(Minute);
        Lease now = (await catalog.Leases.TryAcquireAsync("t", Elsewhere with { RunId = 10 }, Minute, null, Ct)).Lease;

        (await catalog.Leases.RenewAsync("t", old.Token, Minute, Ct)).ShouldBeFalse();
        await catalog.Leases.ReleaseAsync("t", old.Token, Ct);

        (await catalog.Leases.FindAsync("t", Ct)).ShouldBe(now);
        (await catalog.Leases.RenewAsync("t", now.Token, Minute, Ct)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_held_lease_says_who_has_it_and_until_when()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        await catalog.Leases.TryAcquireAsync("t", Elsewhere, Minute, null, Ct);

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => AcquireAsync(catalog, TimeProvider.System));

        error.Code.ShouldBe(ErrorCodes.LeaseHeld);
        error.Message.ShouldContain("run 9, process 1 on far");
        error.Message.ShouldContain("lasts until");
    }

    [Fact]
    public async Task A_holder_that_died_on_this_machine_is_replaced_at_once_and_a_living_one_is_not()
    {
        await using ICatalog catalog = await Place.OpenAsync();
        using var child = Process.Start("sleep", "1000");
        LeaseHolder dying = LeaseTests.Holder(child.Id);
        await catalog.Leases.TryAcquireAsync("t", dying, Minute, null, Ct);

        ProcessProbe.IsDead(dying).ShouldBeFalse();
        (await Should.ThrowAsync<MillraceException>(() => AcquireAsync(catalog, TimeProvider.System))).Code.ShouldBe(ErrorCodes.LeaseHeld);
        child.Kill();
        await child.WaitForExitAsync(Ct);

        ProcessProbe.IsDead(dying).ShouldBeTrue();
        await using LeaseKeeper taken = await AcquireAsync(catalog, TimeProvider.System);
        taken.Lease.Token.ShouldBe(2);
    }

    [Fact]
    public async Task A_keeper_renews_and_tells_when_the_lease_went_to_another()
    {
        var time = new ManualTime();
        await using ICatalog catalog = await Place.OpenAsync(time);
        await using ICatalog other = await Place.OpenAsync(time);
        await using LeaseKeeper keeper = await AcquireAsync(catalog, time);

        for (int i = 0; i < 6; i++)
        {
            DateTimeOffset before = (await catalog.Leases.FindAsync("t", Ct))!.ExpiresAt;
            time.Advance(Minute / 3);
            await UntilAsync(async () => (await catalog.Leases.FindAsync("t", Ct))!.ExpiresAt > before);
        }

        keeper.Lost.IsCancellationRequested.ShouldBeFalse();
        (await other.Leases.TryAcquireAsync("t", Elsewhere, Minute, keeper.Lease.Token, Ct)).Acquired.ShouldBeTrue();
        time.Advance(Minute / 3);
        await UntilAsync(() => Task.FromResult(keeper.Lost.IsCancellationRequested));
    }

    [Fact]
    public async Task A_run_whose_process_died_or_whose_lease_ran_out_is_lost_and_a_living_one_is_not()
    {
        var time = new ManualTime();
        await using ICatalog catalog = await Place.OpenAsync(time);
        using var child = Process.Start("sleep", "1000");
        long alive = await StartAsync(catalog, ProcessProbe.Current(0));
        long dead = await StartAsync(catalog, LeaseTests.Holder(child.Id));
        long elsewhere = await StartAsync(catalog, Elsewhere);
        long fresh = await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), Ct);
        child.Kill();
        await child.WaitForExitAsync(Ct);

        IReadOnlyList<long> first = await LostRuns.MarkAsync(catalog, Ct);
        time.Advance(Minute * 2);
        IReadOnlyList<long> second = await LostRuns.MarkAsync(catalog, Ct);

        first.ShouldBe([dead]);
        second.ShouldBe([elsewhere, alive, fresh], ignoreOrder: true);
    }

    /// <summary>Two processes take turns over one lease; what it protects is a counter in a file that neither locks.</summary>
    [Fact]
    public async Task Two_processes_never_hold_one_lease_together()
    {
        await (await Place.OpenAsync()).DisposeAsync();
        string counter = Path.GetTempFileName();
        await File.WriteAllTextAsync(counter, "0", Ct);

        Process[] contenders = [LeaseContender.Start(Place.Address, counter), LeaseContender.Start(Place.Address, counter)];
        string[] output = await Task.WhenAll(contenders.Select(c => c.StandardOutput.ReadToEndAsync(Ct)));
        foreach (Process contender in contenders)
        {
            await contender.WaitForExitAsync(Ct);
            contender.ExitCode.ShouldBe(0, string.Join('\n', output));
            contender.Dispose();
        }

        (await File.ReadAllTextAsync(counter, Ct)).ShouldBe($"{2 * LeaseContender.Rounds}");
        await using ICatalog catalog = await Place.OpenAsync();
        (await catalog.Leases.FindAsync("t", Ct))!.Token.ShouldBe(2 * LeaseContender.Rounds);
        File.Delete(counter);
    }

    private static async Task<long> StartAsync(ICatalog catalog, LeaseHolder holder)
    {
        long run = await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), Ct);
        await catalog.Leases.TryAcquireAsync(LostRuns.LeaseOf(run), holder, Minute, null, Ct);
        return run;
    }

    private static Task<LeaseKeeper> AcquireAsync(ICatalog catalog, TimeProvider time) =>
        LeaseKeeper.AcquireAsync(catalog.Leases, "t", ProcessProbe.Current(1), "Task t", Minute, time, Ct);

    protected static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await holds())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
