namespace Millrace.Connectors.DuckDb.Native;

/// <summary>An open DuckDB file. One process may hold a file at a time, and must not open it twice itself
/// (<see cref="DuckDbFile"/> sees to that).</summary>
internal sealed unsafe class DuckDbDatabase : IDisposable
{
    private readonly DuckDbDatabaseHandle _handle;

    private DuckDbDatabase(DuckDbDatabaseHandle handle) => _handle = handle;

    /// <summary>Opens or creates a database.</summary>
    /// <param name="path">The file, or <c>:memory:</c>.</param>
    /// <param name="settings">DuckDB's settings by name.</param>
    /// <param name="error">DuckDB's message when the result is null.</param>
    /// <returns>The database, or null when DuckDB did not open it.</returns>
    /// <exception cref="Core.Errors.MillraceException">MR1001: DuckDB's library is missing.</exception>
    internal static DuckDbDatabase? TryOpen(
        string path, IEnumerable<KeyValuePair<string, string>> settings, out string error)
    {
        DuckDbLibrary.EnsureLoaded();
        nint config = 0;
        byte* message = null;
        try
        {
            _ = DuckDbNative.duckdb_create_config(&config);
            foreach ((string name, string value) in settings)
            {
                if (DuckDbNative.duckdb_set_config(config, name, value) == 0)
                    continue;
                error = $"setting {name} does not take the value '{value}'";
                return null;
            }

            nint database = 0;
            bool opened = DuckDbNative.duckdb_open_ext(path, &database, config, &message) == 0;
            error = opened ? "" : DuckDbErrors.Text(message);
            return opened ? new DuckDbDatabase(new DuckDbDatabaseHandle(database)) : null;
        }
        finally
        {
            DuckDbNative.duckdb_free(message);
            DuckDbNative.duckdb_destroy_config(&config);
        }
    }

    /// <summary>Opens a connection; it has transactions and TEMP tables of its own.</summary>
    internal DuckDbConnection Connect()
    {
        nint connection = 0;
        if (DuckDbNative.duckdb_connect(_handle, &connection) != 0)
            DuckDbErrors.ThrowStatement(DuckDbErrorType.Connection, "no connection to the open database", default);
        return new DuckDbConnection(new DuckDbConnectionHandle(connection));
    }

    public void Dispose() => _handle.Dispose();
}
