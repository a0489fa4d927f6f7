using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Millrace.Catalog.Leases;

namespace Millrace.Orchestration.Leases;

/// <summary>
/// Tells processes apart and whether one is dead, as far as that can be told from here. What cannot be told counts as alive: a lease then runs
/// out by itself, while one that is taken from a living process would let two runs work at once.
/// </summary>
public static partial class ProcessProbe
{
    private const int NoSuchProcess = 3;
    private static readonly string Machine = MachineIdentity();

    /// <summary>This process as a holder of leases.</summary>
    public static LeaseHolder Current(long runId) =>
        new(runId, Environment.MachineName, Machine, Environment.ProcessId, StateOf(Environment.ProcessId).Start ?? "");

    /// <summary>
    /// True only where it is certain: the process was on this machine since its last start, in this process namespace, and is not there any more
    /// (or its id belongs to a later process). False for processes elsewhere and for those that this user may not look at.
    /// </summary>
    public static bool IsDead(LeaseHolder holder)
    {
        ArgumentNullException.ThrowIfNull(holder);
        if (holder.Machine != Machine)
        {
            return false;
        }

        (Existence existence, string? start) = StateOf(holder.Pid);
        bool isAnother = start is not null && holder.ProcessStart.Length > 0 && start != holder.ProcessStart;
        return existence == Existence.Gone || isAnother;
    }

    /// <summary>What a system's answer to <c>kill(pid, 0)</c> and the process's files say together; apart, so that every answer can be tried.</summary>
    /// <param name="signalError">The error of kill(2), 0 for none. Unlike <c>/proc</c>, which <c>hidepid</c> may empty, it never denies a process.</param>
    /// <param name="stat">The text of <c>/proc/pid/stat</c>, or null where it cannot be read.</param>
    internal static (Existence Existence, string? Start) Read(int signalError, string? stat)
    {
        if (signalError == NoSuchProcess)
        {
            return (Existence.Gone, null);
        }

        if (stat is null)
        {
            return (Existence.Unknown, null);
        }

        // proc(5), /proc/pid/stat: the name stands in parentheses and may hold anything; state is the field after it, starttime the 20th.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? (Existence.Gone, null) : (Existence.There, fields[19]);
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

    private static (Existence Existence, string? Start) StateOf(int pid) =>
        OperatingSystem.IsLinux() ? Read(Kill(pid, 0) == 0 ? 0 : Marshal.GetLastPInvokeError(), ReadStat(pid)) : StateFromSystem(pid);

    private static string? ReadStat(int pid)
    {
        try
        {
            // A /proc of another process namespace has other processes under these ids.
            bool isOurs = new FileInfo("/proc/self").LinkTarget == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            return isOurs ? File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat") : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // hidden, or it ended while it was read
        }
    }

    private static (Existence Existence, string? Start) StateFromSystem(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return (Existence.There, process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture));
        }
        catch (ArgumentException)
        {
            return (Existence.Gone, null);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            return (Existence.Unknown, null);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    /// <summary>What is known of a process.</summary>
    internal enum Existence
    {
        /// <summary>It may be there.</summary>
        Unknown,

        /// <summary>A process with this id is there.</summary>
        There,

        /// <summary>No process with this id is there, or only what its parent has not yet collected.</summary>
        Gone,
    }
}
