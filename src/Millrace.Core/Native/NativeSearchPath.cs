using System.Runtime.InteropServices;

namespace Millrace.Core.Native;

/// <summary>Where native libraries are looked for, in this order: the folders of <c>MILLRACE_NATIVE_PATH</c>,
/// the program's own folder, its <c>runtimes/&lt;rid&gt;/native</c>, <c>artifacts/native/&lt;rid&gt;</c> when the
/// program runs from a source tree, and last the system's own search (a bare name).</summary>
public sealed record NativeSearchPath(NativePlatform Platform, IReadOnlyList<string> Folders)
{
    /// <summary>The environment variable that names folders to look in first, separated as in PATH.</summary>
    public const string OverrideVariable = "MILLRACE_NATIVE_PATH";

    /// <summary>The search path of this process.</summary>
    public static NativeSearchPath Current() => Create(
        CurrentPlatform(),
        RuntimeInformation.ProcessArchitecture,
        AppContext.BaseDirectory,
        Environment.GetEnvironmentVariable(OverrideVariable));

    /// <summary>Builds the search path from its parts.</summary>
    /// <param name="platform">The operating system's family.</param>
    /// <param name="architecture">The process's architecture; it names the <c>runtimes</c> folder.</param>
    /// <param name="baseDirectory">The folder of the program.</param>
    /// <param name="overridePath">The value of <see cref="OverrideVariable"/>, or null.</param>
    public static NativeSearchPath Create(
        NativePlatform platform, Architecture architecture, string baseDirectory, string? overridePath)
    {
        string rid = RuntimeIdentifier(platform, architecture);
        List<string> folders = [];
        folders.AddRange((overridePath ?? "").Split(
            Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        folders.Add(baseDirectory);
        folders.Add(Path.Combine(baseDirectory, "runtimes", rid, "native"));
        if (SourceTreeArtifacts(baseDirectory) is { } artifacts)
            folders.Add(Path.Combine(artifacts, "native", rid));
        return new NativeSearchPath(platform, folders);
    }

    private static string RuntimeIdentifier(NativePlatform platform, Architecture architecture)
    {
        string os = platform switch
        {
            NativePlatform.Windows => "win",
            NativePlatform.MacOS => "osx",
            _ => "linux",
        };
        return $"{os}-{architecture.ToString().ToLowerInvariant()}";
    }

    // Builds land in artifacts/bin/<project>/<configuration>; native/build.sh fills artifacts/native beside them.
    private static string? SourceTreeArtifacts(string baseDirectory)
    {
        for (DirectoryInfo? folder = new(baseDirectory); folder is not null; folder = folder.Parent)
        {
            if (folder.Name == "bin" && folder.Parent is { Name: "artifacts" } artifacts)
                return artifacts.FullName;
        }

        return null;
    }

    private static NativePlatform CurrentPlatform() =>
        OperatingSystem.IsWindows() ? NativePlatform.Windows
        : OperatingSystem.IsMacOS() ? NativePlatform.MacOS
        : NativePlatform.Linux;
}
