namespace Millrace.Connectors.MongoDb;

/// <summary>The folder of a task's state. It holds documents as the source has them, unmasked, so only its owner may look into it.</summary>
internal static class StateFolder
{
    /// <summary>Makes the folder where it is missing.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
