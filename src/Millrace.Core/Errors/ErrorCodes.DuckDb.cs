namespace Millrace.Core.Errors;

public static partial class ErrorCodes
{
    /// <summary>Another process has the DuckDB file open.</summary>
    public static readonly ErrorCode DuckDbLocked = new("MR1210", "Another process has the DuckDB file open.", ErrorKind.Environment);

    /// <summary>A DuckDB file cannot be opened.</summary>
    public static readonly ErrorCode DuckDbCannotOpen = new("MR1211", "A DuckDB file cannot be opened.", ErrorKind.Environment);

    /// <summary>DuckDB refused a statement.</summary>
    public static readonly ErrorCode DuckDbStatement = new("MR1212", "DuckDB refused a statement.", ErrorKind.Run);

    /// <summary>DuckDB could not read or write its files.</summary>
    public static readonly ErrorCode DuckDbFileFailed = new("MR1213", "DuckDB could not read or write its files.", ErrorKind.Environment);

    /// <summary>DuckDB needs more memory than it may have.</summary>
    public static readonly ErrorCode DuckDbOutOfMemory = new("MR1214", "DuckDB needs more memory than memory_limit allows.", ErrorKind.Environment);

    /// <summary>A value does not fit its column in DuckDB.</summary>
    public static readonly ErrorCode DuckDbValue = new("MR1215", "A value does not fit its column in DuckDB.", ErrorKind.Run);

    /// <summary>Another transaction changed the same rows in DuckDB.</summary>
    public static readonly ErrorCode DuckDbConflict = new("MR1216", "Another transaction changed the same rows in DuckDB.", ErrorKind.Run);
}
