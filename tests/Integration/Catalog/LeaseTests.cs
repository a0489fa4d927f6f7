using System.Diagnostics;
using System.Globalization;
using Millrace.Catalog.Leases;
using Millrace.Catalog.Runs;
using Millrace.Catalog.Stores.Sqlite;
using Millrace.Core.Errors;
using Millrace.Orchestration.Leases;
using Millrace.Orchestration.Runner;

namespace Millrace.IntegrationTests.Catalog;

public sealed class LeaseTests : IDisposable
{
    private const string ContenderFile = "MILLRACE_TEST_LEASE_CATALOG";
    private const string HiddenHolder = "MILLRACE_TEST_HIDDEN_HOLDER";
    private const int UnshareRefused = 77;
    private const int Rounds = 60;
    private static readonly CancellationToken Ct = CancellationToken.None;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly LeaseHolder Elsewhere = new(9, "far", "another machine", 1, "1");
    private readonly CatalogFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Only_one_holds_a_lease_until_it_is_released_or_expires_and_the_token_grows()
    {
        var time = new ManualTime();
        await using SqliteCatalog catalog = await _folder.OpenAsync(time);
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
        await using SqliteCatalog catalog = await _folder.OpenAsync(time);
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
        await using SqliteCatalog catalog = await _folder.OpenAsync();
        await catalog.Leases.TryAcquireAsync("t", Elsewhere, Minute, null, Ct);

        MillraceException error = await Should.ThrowAsync<MillraceException>(() => AcquireAsync(catalog, TimeProvider.System));

        error.Code.ShouldBe(ErrorCodes.LeaseHeld);
        error.Message.ShouldContain("run 9, process 1 on far");
        error.Message.ShouldContain("lasts until");
    }

    [Fact]
    public async Task A_holder_that_died_on_this_machine_is_replaced_at_once_and_a_living_one_is_not()
    {
        await using SqliteCatalog catalog = await _folder.OpenAsync();
        using var child = Process.Start("sleep", "1000");
        LeaseHolder dying = Holder(child.Id);
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
    public void A_later_process_with_the_same_id_is_not_the_holder() =>
        ProcessProbe.IsDead(ProcessProbe.Current(1) with { ProcessStart = "1" }).ShouldBeTrue();

    [Theory]
    [InlineData(0, true, false)]
    [InlineData(1, true, false)] // EPERM: it is there and another user's
    [InlineData(0, false, false)] // hidepid: there, and nothing more is known
    [InlineData(1, false, false)]
    [InlineData(3, false, true)] // ESRCH
    [InlineData(3, true, true)]
    public void A_process_that_may_not_be_looked_at_counts_as_alive(int error, bool isReadable, bool isGone) =>
        (ProcessProbe.Read(error, isReadable ? File.ReadAllText("/proc/self/stat") : null).Existence == ProcessProbe.Existence.Gone).ShouldBe(isGone);

    [Fact]
    public void A_holder_whose_start_is_not_known_is_dead_only_when_its_id_is_free()
    {
        LeaseHolder unknown = ProcessProbe.Current(1) with { ProcessStart = "" };

        ProcessProbe.IsDead(unknown).ShouldBeFalse();
        ProcessProbe.IsDead(unknown with { Pid = 0x7FFFFFFF }).ShouldBeTrue();
    }

    [Fact]
    public async Task Another_user_s_living_process_that_proc_hides_keeps_its_lease()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "hiding processes needs root to mount /proc");
        using var child = Process.Start("sleep", "1000");
        LeaseHolder holder = Holder(child.Id);
        try
        {
            // A mount namespace of its own, so that nothing outside of the probe sees the change.
            (int code, string said) = await RunHiddenAsync(holder);
            Assert.SkipWhen(code == UnshareRefused, "this system does not let root hide processes");
            (code, said.Contains(nameof(HiddenProbe), StringComparison.Ordinal) && code != 0).ShouldBe((0, false), said);
        }
        finally
        {
            child.Kill();
        }
    }

    [Fact(Explicit = true)]
    public void HiddenProbe()
    {
        string[] parts = Environment.GetEnvironmentVariable(HiddenHolder)!.Split(',');
        LeaseHolder holder = ProcessProbe.Current(5) with { Pid = int.Parse(parts[0], CultureInfo.InvariantCulture), ProcessStart = parts[1] };

        Directory.Exists($"/proc/{parts[0]}").ShouldBeFalse();
        ProcessProbe.IsDead(holder).ShouldBeFalse();
    }

    [Fact]
    public async Task A_keeper_renews_and_tells_when_the_lease_went_to_another()
    {
        var time = new ManualTime();
        await using SqliteCatalog catalog = await _folder.OpenAsync(time);
        await using SqliteCatalog other = await _folder.OpenAsync(time);
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
        await using SqliteCatalog catalog = await _folder.OpenAsync(time);
        using var child = Process.Start("sleep", "1000");
        long alive = await StartAsync(catalog, ProcessProbe.Current(0));
        long dead = await StartAsync(catalog, Holder(child.Id));
        long elsewhere = await StartAsync(catalog, Elsewhere);
        long fresh = await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), Ct);
        child.Kill();
        await child.WaitForExitAsync(Ct);

        IReadOnlyList<long> first = await LostRuns.MarkAsync(catalog, time, Ct);
        time.Advance(Minute * 2);
        IReadOnlyList<long> second = await LostRuns.MarkAsync(catalog, time, Ct);

        first.ShouldBe([dead]);
        second.ShouldBe([elsewhere, alive, fresh], ignoreOrder: true);
    }

    /// <summary>Two processes take turns over one lease; what it protects is a counter in a file that neither locks.</summary>
    [Fact]
    public async Task Two_processes_never_hold_one_lease_together()
    {
        await (await _folder.OpenAsync()).DisposeAsync();
        string counter = Path.Combine(_folder.Folder, "counter");
        await File.WriteAllTextAsync(counter, "0", Ct);

        Process[] contenders = [StartContender(), StartContender()];
        string[] output = await Task.WhenAll(contenders.Select(c => c.StandardOutput.ReadToEndAsync(Ct)));
        foreach (Process contender in contenders)
        {
            await contender.WaitForExitAsync(Ct);
            contender.ExitCode.ShouldBe(0, string.Join('\n', output));
            contender.Dispose();
        }

        (await File.ReadAllTextAsync(counter, Ct)).ShouldBe($"{2 * Rounds}");
        await using SqliteCatalog catalog = await _folder.OpenAsync();
        (await catalog.Leases.FindAsync("t", Ct))!.Token.ShouldBe(2 * Rounds);
    }

    /// <summary>What each process of the test above runs; started by it alone.</summary>
    [Fact(Explicit = true)]
    public async Task Contender()
    {
        string file = Environment.GetEnvironmentVariable(ContenderFile).ShouldNotBeNull();
        string counter = Path.Combine(Path.GetDirectoryName(file)!, "counter");
        await using SqliteCatalog catalog = await SqliteCatalog.OpenAsync(file, TimeProvider.System, Ct);
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

    private Process StartContender()
    {
        string assembly = typeof(LeaseTests).Assembly.Location;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (string argument in new[] { "exec", assembly, "-method", $"{typeof(LeaseTests).FullName}.{nameof(Contender)}", "-explicit", "only" })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[ContenderFile] = _folder.File;
        return Process.Start(start)!;
    }

    private static async Task<(int Code, string Said)> RunHiddenAsync(LeaseHolder holder)
    {
        string dll = typeof(LeaseTests).Assembly.Location;
        string probe = $"dotnet exec '{dll}' -method '{typeof(LeaseTests).FullName}.{nameof(HiddenProbe)}' -explicit only";
        string script = $"mount -t proc -o hidepid=2 proc /proc || exit {UnshareRefused}; exec setpriv --reuid=65534 --regid=65534 --clear-groups {probe}";
        var start = new ProcessStartInfo("unshare", ["--mount", "--propagation", "private", "sh", "-c", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[HiddenHolder] = $"{holder.Pid},{holder.ProcessStart}";
        start.Environment["HOME"] = Path.GetTempPath();
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(Ct);
        string said = await process.StandardOutput.ReadToEndAsync(Ct) + await errors;
        await process.WaitForExitAsync(Ct);
        return (said.Contains("unshare failed", StringComparison.Ordinal) ? UnshareRefused : process.ExitCode, said);
    }

    private static async Task<long> StartAsync(SqliteCatalog catalog, LeaseHolder holder)
    {
        long run = await catalog.Runs.StartAsync(new("j", "manual", "me", "h", 1), Ct);
        await catalog.Leases.TryAcquireAsync(LostRuns.LeaseOf(run), holder, Minute, null, Ct);
        return run;
    }

    private static Task<LeaseKeeper> AcquireAsync(SqliteCatalog catalog, TimeProvider time) =>
        LeaseKeeper.AcquireAsync(catalog.Leases, "t", ProcessProbe.Current(1), "Task t", Minute, time, Ct);

    // What this process would say of itself if it had that id: the start comes from the system as for any other.
    private static LeaseHolder Holder(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        return ProcessProbe.Current(5) with { Pid = pid, ProcessStart = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19] };
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await holds())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
