namespace Millrace.EndToEndTests.Support;

/// <summary>Where things are.</summary>
internal static class Repository
{
    /// <summary>The folder of <c>Millrace.slnx</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The shared real data, or null where it is absent.</summary>
    public static string? SharedData
    {
        get
        {
            string path = Path.GetFullPath(Path.Combine(Root, "..", "shared", "data"));
            return Directory.Exists(path) ? path : null;
        }
    }

    /// <summary>True in the long campaigns.</summary>
    public static bool IsLong => Environment.GetEnvironmentVariable("MILLRACE_LONG") == "1";

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Millrace.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("No folder above the tests holds Millrace.slnx.");
    }
}
