using Millrace.Core.Native;

namespace Millrace.Connectors.MongoDb.Native;

/// <summary>MongoDB's C driver, libmongoc with its libbson: the lines 1.x and 2.x.</summary>
internal static unsafe class MongocLibrary
{
    /// <summary>The name that P/Invokes to the driver use.</summary>
    internal const string ImportName = "mongoc";

    /// <summary>The name that P/Invokes to its BSON library use.</summary>
    internal const string BsonImportName = "bson";

    private const string InstallCommand = "apt-get install -y libmongoc-1.0-0";

    /// <summary>The driver.</summary>
    internal static readonly NativeLibraryDescription Driver = new(
        "libmongoc", [new NativeLibraryLine("mongoc-1.0", "0"), new NativeLibraryLine("mongoc2", "2")], InstallCommand);

    // Once a process, and never undone: a client may be in use on any thread until the process ends.
    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>Loads and initialises the driver, once a process.</summary>
    /// <returns>The driver's version.</returns>
    /// <exception cref="Core.Errors.MillraceException">MR1001: a library was not found.</exception>
    internal static string EnsureLoaded() => Loaded.Value;

    /// <summary>The BSON library that goes with a line of the driver: the two share structures, so they are never mixed.</summary>
    internal static NativeLibraryDescription BsonOf(int majorVersion) => new(
        "libbson",
        [majorVersion >= 2 ? new NativeLibraryLine("bson2", "2") : new NativeLibraryLine("bson-1.0", "0")],
        InstallCommand);

    private static string Load()
    {
        NativeLibraryLoader.Bind(typeof(MongocLibrary).Assembly, ImportName, Driver);
        int major = MongocNative.mongoc_get_major_version();
        NativeLibraryLoader.Bind(typeof(MongocLibrary).Assembly, BsonImportName, BsonOf(major));

        // Before the initialisation, which may have something to say already.
        MongocLog.Route();
        MongocNative.mongoc_init();
        return $"{major}.{MongocNative.mongoc_get_minor_version()}.{MongocNative.mongoc_get_micro_version()}";
    }
}
