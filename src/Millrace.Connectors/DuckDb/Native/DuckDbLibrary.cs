using Millrace.Core.Native;

namespace Millrace.Connectors.DuckDb.Native;

/// <summary>DuckDB's native library.</summary>
internal static class DuckDbLibrary
{
    /// <summary>The name that the P/Invokes use.</summary>
    internal const string ImportName = "duckdb";

    private static readonly NativeLibraryDescription Description = new(
        "DuckDB", [new NativeLibraryLine("duckdb")], "./native/build.sh");

    /// <summary>Loads the library, once a process. Everything else in this folder starts from an open database,
    /// so opening one is the only place that has to call this.</summary>
    /// <exception cref="Core.Errors.MillraceException">MR1001: the library was not found.</exception>
    internal static void EnsureLoaded() =>
        NativeLibraryLoader.Bind(typeof(DuckDbLibrary).Assembly, ImportName, Description);
}
