namespace Millrace.EndToEndTests.Support;

/// <summary>A folder that goes with its owner, unless <c>MILLRACE_KEEP_FOLDERS=1</c> asks to keep it for a look.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("millrace-e2e-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Set to leave the folder for a look at what went wrong.</summary>
    public bool IsKept { get; set; }

    public void Dispose()
    {
        if (IsKept || Environment.GetEnvironmentVariable("MILLRACE_KEEP_FOLDERS") == "1")
        {
            Console.WriteLine("kept: " + Path);
            return;
        }

        Directory.Delete(Path, recursive: true);
    }
}
