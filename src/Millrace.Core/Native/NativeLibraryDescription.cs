namespace Millrace.Core.Native;

/// <summary>One line of releases of a library: its stem (<c>mongoc-1.0</c>) and, where the platform versions
/// file names, the version of its binary interface (<c>0</c> in <c>libmongoc-1.0.so.0</c>).</summary>
/// <param name="Stem">The name without prefix, version and extension.</param>
/// <param name="AbiVersion">The versioned part of the file name, or null when the library has none.</param>
public sealed record NativeLibraryLine(string Stem, string? AbiVersion = null);

/// <summary>What a native library is called and how a person gets it.</summary>
/// <param name="Name">The name that messages use, for instance <c>DuckDB</c>.</param>
/// <param name="Lines">The release lines that are understood, the preferred one first.</param>
/// <param name="InstallCommand">The command that puts the library in a place where it is found.</param>
public sealed record NativeLibraryDescription(
    string Name, IReadOnlyList<NativeLibraryLine> Lines, string InstallCommand)
{
    /// <summary>The file names to try on one operating system, in order of preference.</summary>
    public IEnumerable<string> FileNames(NativePlatform platform)
    {
        foreach (NativeLibraryLine line in Lines)
        {
            foreach (string name in FileNames(line, platform))
                yield return name;
        }
    }

    // The versioned name first: the bare one belongs to development packages and may point at another line.
    private static IEnumerable<string> FileNames(NativeLibraryLine line, NativePlatform platform)
    {
        switch (platform)
        {
            case NativePlatform.Windows:
                if (line.AbiVersion is not null)
                    yield return $"{line.Stem}-{line.AbiVersion}.dll";
                yield return $"{line.Stem}.dll";
                yield return $"lib{line.Stem}.dll";
                break;
            case NativePlatform.MacOS:
                if (line.AbiVersion is not null)
                    yield return $"lib{line.Stem}.{line.AbiVersion}.dylib";
                yield return $"lib{line.Stem}.dylib";
                break;
            default:
                if (line.AbiVersion is not null)
                    yield return $"lib{line.Stem}.so.{line.AbiVersion}";
                yield return $"lib{line.Stem}.so";
                break;
        }
    }
}
