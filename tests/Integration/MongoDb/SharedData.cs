namespace Millrace.IntegrationTests.MongoDb;

/// <summary>The real data beside the repository; tests that need it skip where it is absent.</summary>
internal static class SharedData
{
    public static string Folder(string name)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Millrace.slnx")))
        {
            folder = folder.Parent;
        }

        // A clone may stand in a folder of its own: the data are looked for beside each level.
        for (DirectoryInfo? at = folder?.Parent; at is not null; at = at.Parent)
        {
            string path = Path.Combine(at.FullName, "shared", "data", name);
            if (Directory.Exists(path))
            {
                return path;
            }
        }

        Assert.Skip($"../shared/data/{name} is not here.");
        return "";
    }
}
