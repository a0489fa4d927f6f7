namespace Millrace.UnitTests.Bson;

/// <summary>Where test data stands that is not in the repository: ../shared/data beside it, or what MILLRACE_TEST_DATA names.</summary>
internal static class TestData
{
    /// <summary>The folder, or null where it is absent.</summary>
    public static string? TryFolder(string name)
    {
        var data = Environment.GetEnvironmentVariable("MILLRACE_TEST_DATA");
        if (data is null)
        {
            var at = new DirectoryInfo(AppContext.BaseDirectory);
            while (at is not null && !File.Exists(Path.Combine(at.FullName, "Millrace.slnx")))
            {
                at = at.Parent;
            }

            data = at is null ? null : Path.Combine(at.FullName, "..", "shared", "data");
        }

        var folder = data is null ? null : Path.Combine(data, name);
        return Directory.Exists(folder) ? folder : null;
    }
}
