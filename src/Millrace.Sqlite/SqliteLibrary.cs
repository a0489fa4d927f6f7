using Millrace.Core.Native;

namespace Millrace.Sqlite;

/// <summary>SQLite's native library: the system's own, or the one that a SQLitePCLRaw bundle brings.</summary>
public static class SqliteLibrary
{
    private static readonly NativeLibraryDescription Description = new(
        "SQLite",
        [new NativeLibraryLine("sqlite3", "0"), new NativeLibraryLine("e_sqlite3"), new NativeLibraryLine("winsqlite3")],
        "apt-get install -y libsqlite3-0");

    private static readonly Lock Gate = new();
    private static volatile bool _isLoaded;

    /// <summary>Loads SQLite and makes it the provider of Microsoft.Data.Sqlite, once a process.</summary>
    /// <exception cref="Core.Errors.MillraceException">MR1001: no SQLite library on this machine.</exception>
    public static void EnsureLoaded()
    {
        if (_isLoaded)
        {
            return;
        }

        // Not a Lazy: a missing library is looked for again, and SQLite is configured by one thread, before any other uses it.
        lock (Gate)
        {
            if (!_isLoaded)
            {
                Load();
                _isLoaded = true;
            }
        }
    }

    private static void Load()
    {
        NativeLibraryLoader.Bind(typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly, "e_sqlite3", Description);
        SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_e_sqlite3());

        // A connection is used by one thread at a time, so it needs no locks of its own. Refused where SQLite is in use already, which is no harm.
        _ = SQLitePCL.raw.sqlite3_config(SQLitePCL.raw.SQLITE_CONFIG_MULTITHREAD);
    }
}
