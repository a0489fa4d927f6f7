using Millrace.Core.Config;

namespace Millrace.Connectors.DuckDb;

/// <summary>Settings of a <c>duckdb</c> connection.</summary>
public sealed class DuckDbOptions
{
    /// <summary>The database file.</summary>
    [Option("path", "The database file, from the project's folder; it is created when it is not there.", Required = true, Example = "warehouse.duckdb")]
    public string Path { get; set; } = "";

    /// <summary>The schema of tables that name none.</summary>
    [Option("schema", "The schema of target tables that name none; it is created when it is not there.", Default = "main")]
    public string Schema { get; set; } = "main";

    /// <summary>How long to wait for another process to close the file.</summary>
    [Option("lock_timeout", "How long to wait while another process has the file open; 0s fails at once. DuckDB lets one process at a time open a file.", Default = "30s", Min = "0s", Max = "24h")]
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The most memory DuckDB may use.</summary>
    [Option("memory_limit", "The most memory that DuckDB uses before it spills to temp_directory. DuckDB goes somewhat over it: leave headroom.", Default = "1GiB", Min = "64MiB")]
    public ByteSize MemoryLimit { get; set; } = new(1L << 30);

    /// <summary>The most threads that DuckDB uses; 0 for one a core.</summary>
    [Option("threads", "The most threads that DuckDB uses; 0 means one a core. A small file begins with one, which is faster for few rows, and takes them all when many come.", Default = "0", Min = "0", Max = "1024")]
    public int Threads { get; set; }

    /// <summary>Where DuckDB spills.</summary>
    [Option("temp_directory", "The folder that DuckDB spills to, from the project's folder; beside the database file when it is not set.")]
    public string? TempDirectory { get; set; }

    /// <summary>These settings with their paths made full, starting from the project's folder; an empty one is the current folder.</summary>
    internal DuckDbOptions From(string basePath) => new()
    {
        Path = Full(Path, basePath),
        Schema = Schema,
        LockTimeout = LockTimeout,
        MemoryLimit = MemoryLimit,
        Threads = Threads,
        TempDirectory = TempDirectory is { Length: > 0 } temp
            ? Full(temp, basePath)
            : null,
    };

    private static string Full(string path, string basePath) => System.IO.Path.GetFullPath(System.IO.Path.Combine(basePath, path));
}
