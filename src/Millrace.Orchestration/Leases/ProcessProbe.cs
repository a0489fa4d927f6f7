using System.Diagnostics;
using System.Globalization;
using Millrace.Catalog.Leases;

namespace Millrace.Orchestration.Leases;

/// <summary>Tells processes apart and whether one is dead, as far as that can be told from here.</summary>
public static class ProcessProbe
{
    private static readonly string Machine = MachineIdentity();

    /// <summary>This process as a holder of leases.</summary>
    public static LeaseHolder Current(long runId) =>
        new(runId, Environment.MachineName, Machine, Environment.ProcessId, StartOf(Environment.ProcessId) ?? "");

    /// <summary>
    /// True only where it is certain: the process was on this machine since its last start, in this process namespace, and is not there any more
    /// (or its id belongs to a later process). False for processes elsewhere.
    /// </summary>
    public static bool IsDead(LeaseHolder holder)
    {
        ArgumentNullException.ThrowIfNull(holder);
        return holder.Machine == Machine && StartOf(holder.Pid) != holder.ProcessStart;
    }

    // Two containers on one host have the boot id in common but not the process ids, hence the namespace.
    private static string MachineIdentity()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Environment.MachineName;
        }

        string boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        string? space = new FileInfo("/proc/self/ns/pid").LinkTarget;
        return $"{boot} {space}";
    }

    private static string? StartOf(int pid) => OperatingSystem.IsLinux() ? StartFromProc(pid) : StartFromSystem(pid);

    // proc(5), /proc/pid/stat: the name stands in parentheses and may hold anything; state is the field after it, starttime the 20th.
    private static string? StartFromProc(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : fields[19];
        }
        catch (IOException)
        {
            return null; // no such process, or it ended while it was read
        }
    }

    private static string? StartFromSystem(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
