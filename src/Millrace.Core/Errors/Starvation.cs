using System.Reflection;

namespace Millrace.Core.Errors;

/// <summary>Tells failures for want of memory, file descriptors or disk space from what they look like: a file that is not there, a library that is broken.</summary>
public static class Starvation
{
    private const int NoMemory = 12;
    private const int TableFull = 23;
    private const int TooManyFiles = 24;
    private const int NoSpace = 28;

    // What the dynamic loader and the system say, in the C locale, which a .NET process has.
    private static readonly string[] OfMemory = ["failed to map segment", "Cannot allocate memory", "cannot create shared object descriptor", "cannot map zero-fill pages"];
    private static readonly string[] OfFiles = ["Too many open files"];

    /// <summary>True where a file could not grow for want of disk space.</summary>
    public static bool IsDiskFull(Exception exception) => exception is IOException { HResult: NoSpace };

    /// <summary>The error to tell where want of memory or file descriptors lies behind <paramref name="exception"/>; else null.</summary>
    /// <remarks>Of coded errors, only those that blame the environment are looked behind: they may have taken the want for something else.</remarks>
    public static MillraceException? Read(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        Exception? first = exception is MillraceException coded
            ? coded.Code.Kind == ErrorKind.Environment && coded.Code != ErrorCodes.Starved ? coded.InnerException : null
            : exception;
        for (Exception? cause = first; cause is not null; cause = cause.InnerException)
        {
            if (LacksFiles(cause))
            {
                return Make("file descriptors", "ulimit -n", cause);
            }

            // A thread that does not start for want of a file descriptor is told so, too.
            if (cause is OutOfMemoryException)
            {
                return Make("memory or file descriptors", "ulimit -v, ulimit -n, a container's limit", cause);
            }

            if (LacksMemory(cause))
            {
                return Make("memory", "ulimit -v, a container's limit", cause);
            }
        }

        return null;
    }

    private static bool LacksFiles(Exception cause) =>
        (cause is IOException && cause.HResult is TooManyFiles or TableFull) || OfFiles.Any(t => cause.Message.Contains(t, StringComparison.Ordinal))
        || (cause is FileNotFoundException { FileName: { } assembly } && IsOwnAssembly(assembly));

    private static bool LacksMemory(Exception cause) =>
        (cause is IOException && cause.HResult == NoMemory)
        || (cause is DllNotFoundException or BadImageFormatException or FileLoadException or IOException
            && OfMemory.Any(t => cause.Message.Contains(t, StringComparison.Ordinal)));

    // The runtime says of an assembly that it cannot open that it is not there.
    private static bool IsOwnAssembly(string fullName)
    {
        if (!fullName.Contains(", Version=", StringComparison.Ordinal) || AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") is not string known)
        {
            return false;
        }

        string file = new AssemblyName(fullName).Name + ".dll";
        return known.Split(Path.PathSeparator).Any(p => Path.GetFileName(p) == file);
    }

    // What the dynamic loader says comes last, after advice of the runtime's.
    private static MillraceException Make(string what, string limit, Exception cause) => new(
        ErrorCodes.Starved,
        $"The system gives this process no more {what}: {cause.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1]}",
        $"Give it more {what} ({limit}), or let less run beside it. Then run it again; it goes on from the last commit.",
        inner: cause);
}
