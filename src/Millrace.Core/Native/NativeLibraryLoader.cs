using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using Millrace.Core.Errors;

namespace Millrace.Core.Native;

/// <summary>Finds and loads the native libraries that connectors call, and gives a coded error that says where it
/// looked and what to install when one is missing. Safe to call from several threads.</summary>
public static class NativeLibraryLoader
{
    // Lazy: of two threads that meet here first, one alone may set the assembly's resolver.
    private static readonly ConcurrentDictionary<Assembly, Lazy<Bindings>> Assemblies = new();

    /// <summary>Makes an assembly's P/Invokes to <paramref name="importName"/> resolve to
    /// <paramref name="library"/>, loading it now, so that a missing library is met here and not in the middle of
    /// a run. Later calls with the same name do nothing.</summary>
    /// <exception cref="MillraceException">MR1001: the library was not found or could not be loaded.</exception>
    public static void Bind(Assembly assembly, string importName, NativeLibraryDescription library)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        Assemblies.GetOrAdd(assembly, static key => new(() => new Bindings(key))).Value.Bind(importName, library);
    }

    /// <summary>Loads a library and returns its handle; the process keeps it until it ends.</summary>
    /// <exception cref="MillraceException">MR1001: the library was not found or could not be loaded. MR1007: for want of memory or file
    /// descriptors.</exception>
    public static nint Load(NativeLibraryDescription library, NativeSearchPath searchPath)
    {
        ArgumentNullException.ThrowIfNull(library);
        ArgumentNullException.ThrowIfNull(searchPath);
        List<string> tried = [];
        foreach (string folder in searchPath.Folders)
        {
            if (TryFolder(library, searchPath.Platform, folder, tried, out nint handle))
                return handle;
        }

        foreach (string name in library.FileNames(searchPath.Platform))
        {
            if (TryLoad(library, name, out nint handle, out _))
                return handle;
        }

        tried.Add($"the system's libraries ({string.Join(", ", library.FileNames(searchPath.Platform))})");
        throw NotFound(library, tried);
    }

    private static bool TryFolder(
        NativeLibraryDescription library, NativePlatform platform, string folder, List<string> tried, out nint handle)
    {
        bool found = false;
        foreach (string name in library.FileNames(platform))
        {
            string path = Path.Combine(folder, name);
            if (!File.Exists(path))
                continue;
            if (TryLoad(library, path, out handle, out string reason))
                return true;
            found = true;
            tried.Add($"{path} (it is there but does not load: another architecture, or a library it needs is missing. {reason})");
        }

        if (!found)
            tried.Add(folder);
        handle = 0;
        return false;
    }

    // A library that is there and cannot be had for want of memory must not be looked for elsewhere.
    private static bool TryLoad(NativeLibraryDescription library, string name, out nint handle, out string reason)
    {
        try
        {
            handle = NativeLibrary.Load(name);
            reason = "";
            return true;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            if (Starvation.Read(exception) is { } starved)
                throw new MillraceException(starved.Code, $"Native library {library.Name} cannot be loaded. {starved.Message}", starved.Fix, inner: exception);
            handle = 0;
            reason = exception.Message.ReplaceLineEndings(" ").Trim();
            return false;
        }
    }

    private static MillraceException NotFound(NativeLibraryDescription library, List<string> tried) => new(
        ErrorCodes.NativeLibraryMissing,
        $"Native library {library.Name} not found. Looked in: {string.Join("; ", tried)}.",
        $"{library.InstallCommand} (or name its folder in {NativeSearchPath.OverrideVariable})");

    /// <summary>The names bound for one assembly: the runtime allows one resolver an assembly, and one assembly
    /// holds the bindings of several libraries.</summary>
    private sealed class Bindings
    {
        private readonly ConcurrentDictionary<string, Lazy<nint>> _handles = new(StringComparer.Ordinal);

        public Bindings(Assembly assembly) =>
            NativeLibrary.SetDllImportResolver(assembly, (name, _, _) =>
                _handles.TryGetValue(name, out Lazy<nint>? handle) ? handle.Value : 0);

        public void Bind(string importName, NativeLibraryDescription library) =>
            _ = _handles.GetOrAdd(importName, _ => new Lazy<nint>(
                () => Load(library, NativeSearchPath.Current()), LazyThreadSafetyMode.PublicationOnly)).Value;
    }
}
