using System.Diagnostics;
using System.Globalization;
using Millrace.Catalog.Leases;
using Millrace.Orchestration.Leases;

namespace Millrace.IntegrationTests.Catalog;

public sealed class LeaseTests
{
    private const string HiddenHolder = "MILLRACE_TEST_HIDDEN_HOLDER";
    private const int UnshareRefused = 77;
    private static readonly CancellationToken Ct = CancellationToken.None;

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

    // What this process would say of itself if it had that id: the start comes from the system as for any other.
    internal static LeaseHolder Holder(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        return ProcessProbe.Current(5) with { Pid = pid, ProcessStart = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19] };
    }
}
