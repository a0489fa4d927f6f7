using Microsoft.Data.Sqlite;
using Millrace.Core.Errors;
using Millrace.Sqlite;
using SQLitePCL;

namespace Millrace.Connectors.MongoDb.Images;

/// <summary>What goes wrong with the local store of after-images.</summary>
internal static class ImageFailures
{
    private const string What = "MongoDB's after-images in";
    private const string Anew = "the store is then built anew from the dump and the oplog files.";

    /// <summary>True where an error says that the store's files are not as they were written.</summary>
    public static bool IsDamage(Exception exception) =>
        exception.InnerException is InvalidDataException
        || (exception as SqliteException ?? exception.InnerException as SqliteException) is { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB };

    /// <summary>MR1116: a segment is missing or is not as it was written.</summary>
    public static MillraceException Damaged(string path) => new(
        ErrorCodes.ImageStoreFailed,
        $"The local store of MongoDB after-images is damaged: {path}.",
        "Run again: " + Anew,
        inner: new InvalidDataException(path));

    /// <summary>MR1005 or MR1116: a segment cannot be opened or written.</summary>
    public static MillraceException CannotUse(string path, Exception cause) => Starvation.IsDiskFull(cause)
        ? SqliteDatabase.DiskFull(What, path, cause)
        : new(ErrorCodes.ImageStoreFailed, $"The local store of MongoDB after-images cannot be used: {cause.Message}", Fix(isDamage: false), inner: cause);

    /// <summary>MR1005 or MR1116: a statement of the index failed.</summary>
    public static MillraceException Failed(SqliteException cause, string path) => SqliteDatabase.IsDiskFull(cause)
        ? SqliteDatabase.DiskFull(What, path, cause)
        : new(
            ErrorCodes.ImageStoreFailed,
            $"The local store of MongoDB after-images failed: {cause.Message} ({cause.SqliteExtendedErrorCode}).",
            Fix(IsDamage(cause)),
            inner: cause);

    private static string Fix(bool isDamage) =>
        isDamage ? "Run again: " + Anew : "Run again; if it stays, delete the task's state folder: " + Anew;
}
