using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Millrace.Core.Errors;

namespace Millrace.Connectors.DuckDb.Native;

/// <summary>DuckDB's errors as Millrace's coded ones.</summary>
internal static unsafe class DuckDbErrors
{
    /// <summary>The start of DuckDB's message when another process has the file.</summary>
    private const string LockMarker = "Could not set lock on file";

    /// <summary>Whether an attempt to open failed because another process holds the file.</summary>
    internal static bool IsLocked(string message) => message.Contains(LockMarker, StringComparison.Ordinal);

    /// <summary>The error of a file that another process kept for the whole of <paramref name="waited"/>. DuckDB
    /// names the holder (program, process id, user) where the system tells it.</summary>
    internal static MillraceException Locked(string path, string message, TimeSpan waited) => new(
        ErrorCodes.DuckDbLocked,
        $"The DuckDB file {path} is held by another process (waited {waited.TotalSeconds:0.#} s). {Holder(message)}",
        "End the other process, or set lock_timeout to more than it needs: DuckDB lets one process open a file.",
        isTransient: true);

    /// <summary>The error of a file that cannot be opened for another reason.</summary>
    internal static MillraceException CannotOpen(string path, string message) => new(
        ErrorCodes.DuckDbCannotOpen,
        $"Cannot open the DuckDB file {path}: {message}",
        "Check that the path is a DuckDB file and that this user may write to it and its folder.");

    /// <summary>Throws the error of a failed statement; a cancelled one throws as cancellation.</summary>
    [DoesNotReturn]
    internal static void ThrowStatement(DuckDbErrorType type, string message, CancellationToken ct)
    {
        if (type == DuckDbErrorType.Interrupt)
            ct.ThrowIfCancellationRequested();
        throw Statement(type, message);
    }

    /// <summary>The text behind a pointer that DuckDB owns.</summary>
    internal static string Text(byte* message) =>
        Marshal.PtrToStringUTF8((nint)message) ?? "DuckDB gave no reason";

    private static MillraceException Statement(DuckDbErrorType type, string message) => type switch
    {
        _ when IsDiskFull(message) => new MillraceException(
            ErrorCodes.DiskFull,
            $"No space is left for DuckDB's files: {message}",
            "Free space on the disk of the file and of temp_directory, then run again: the file holds its last commit."),
        DuckDbErrorType.IO => new MillraceException(
            ErrorCodes.DuckDbFileFailed,
            $"DuckDB could not read or write its files: {message}",
            "Check the disk of the file and of temp_directory, then run again: the file holds its last commit.",
            isTransient: true),
        DuckDbErrorType.OutOfMemory => new MillraceException(
            ErrorCodes.DuckDbOutOfMemory,
            $"DuckDB ran out of memory: {message}",
            "Raise memory_limit, or give temp_directory a disk with room to spill."),
        DuckDbErrorType.Conversion or DuckDbErrorType.OutOfRange => new MillraceException(
            ErrorCodes.DuckDbValue,
            $"A value does not fit its column: {message}",
            "Map the column to a wider type, or set the schema contract of types to quarantine."),
        DuckDbErrorType.Transaction => new MillraceException(
            ErrorCodes.DuckDbConflict,
            $"Another transaction changed the same rows: {message}",
            "Run again; let one task at a time write a table.",
            isTransient: true),
        _ => new MillraceException(
            ErrorCodes.DuckDbStatement,
            $"DuckDB refused a statement: {message}",
            "The message is DuckDB's own; check the table against what `millrace diff` shows."),
    };

    private static bool IsDiskFull(string message) =>
        message.Contains("No space left on device", StringComparison.OrdinalIgnoreCase)
        || message.Contains("not enough space on the disk", StringComparison.OrdinalIgnoreCase);

    private static string Holder(string message)
    {
        const string held = "Conflicting lock is held";
        int start = message.IndexOf(held, StringComparison.Ordinal);
        if (start < 0)
            return "The system does not say which.";
        int end = message.IndexOf(". See also", start, StringComparison.Ordinal);
        return (end < 0 ? message[start..] : message[start..end]).TrimEnd('.') + ".";
    }
}
