namespace Millrace.Core.Errors;

/// <summary>
/// Every code Millrace can report. One partial file a room; the reference page is generated from these fields.
/// 10xx environment and configuration, 11xx MongoDB, 12xx destinations, 13xx the engine, 14xx the catalog,
/// 15xx lineage and trace.
/// </summary>
public static partial class ErrorCodes
{
    /// <summary>A native library is not where it is looked for.</summary>
    public static readonly ErrorCode NativeLibraryMissing = new("MR1001", "A native library was not found.", ErrorKind.Environment);

    /// <summary>The project file is invalid.</summary>
    public static readonly ErrorCode InvalidConfiguration = new("MR1002", "The project file or an argument is invalid.", ErrorKind.Configuration);

    /// <summary>A secret reference cannot be resolved.</summary>
    public static readonly ErrorCode SecretMissing = new("MR1003", "A secret that the project refers to is not set.", ErrorKind.Configuration);

    /// <summary>A file or folder cannot be read or written.</summary>
    public static readonly ErrorCode FileUnavailable = new("MR1004", "A file or folder cannot be read or written.", ErrorKind.Environment);

    /// <summary>A destination's store is full.</summary>
    public static readonly ErrorCode DiskFull = new("MR1005", "No space is left where Millrace has to write.", ErrorKind.Environment);

    /// <summary>Work was cancelled by the user or the host.</summary>
    public static readonly ErrorCode Cancelled = new("MR1006", "The run was cancelled.", ErrorKind.Run);

    /// <summary>The system gives the process no more memory or file descriptors.</summary>
    public static readonly ErrorCode Starved = new("MR1007", "The system gives the process no more memory or file descriptors.", ErrorKind.Environment);

    /// <summary>Something that should be impossible happened.</summary>
    public static readonly ErrorCode Internal = new("MR1099", "An unexpected error; please report it.", ErrorKind.Run);
}
