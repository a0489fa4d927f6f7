using Millrace.Core.Errors;

namespace Millrace.Connectors.Folders;

/// <summary>Whether files can be made in a folder.</summary>
public static class WritableFolder
{
    /// <summary>
    /// Makes an empty file and takes it away again: modes alone do not tell, for a file system may be read-only. Where the folder is not there yet, the
    /// nearest one above it that is stands for it.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <returns>MR1004 or MR1005; null where a file could be made.</returns>
    public static MillraceException? Try(string folder)
    {
        string there = Path.GetFullPath(folder);
        while (!Directory.Exists(there) && !File.Exists(there) && Path.GetDirectoryName(there) is { } above)
        {
            there = above;
        }

        try
        {
            string path = Path.Combine(there, $".millrace-check-{Guid.NewGuid():N}");
            using var probe = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Starvation.IsDiskFull(exception)
                ? new(ErrorCodes.DiskFull, $"No file can be made in {there}: its disk is full.", "Free space there, or choose another folder.", inner: exception)
                : new(ErrorCodes.FileUnavailable, $"No file can be made in {there}.", "Let this user write there, or choose another folder.", inner: exception);
        }
    }
}
