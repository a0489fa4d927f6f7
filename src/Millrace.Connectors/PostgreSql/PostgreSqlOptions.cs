using Millrace.Core.Config;

namespace Millrace.Connectors.PostgreSql;

/// <summary>Settings of a <c>postgresql</c> connection.</summary>
public sealed class PostgreSqlOptions
{
    /// <summary>Where the server is and who connects.</summary>
    [Option(
        "connection_string",
        "Where the server is and who connects: a URI, postgresql://user:password@host:5432/database?sslmode=require, or Npgsql's key=value form, Host=…;Database=…;Username=…;Password=….",
        Required = true,
        Secret = true,
        Example = "${PROD_DB}")]
    public string ConnectionString { get; set; } = "";

    /// <summary>The schema of target tables that name none.</summary>
    [Option("schema", "The schema of target tables that name none; it is created when it is not there.", Default = "public")]
    public string Schema { get; set; } = "public";

    /// <summary>The schema of Millrace's own tables.</summary>
    [Option(
        "metadata_schema",
        "The schema of Millrace's own tables (checkpoints, column map, quarantine, tombstones). It must stay the same, for the checkpoints in it are the truth.",
        Default = "public")]
    public string MetadataSchema { get; set; } = "public";

    /// <summary>How long to try to connect.</summary>
    [Option("connect_timeout", "How long to try to connect.", Default = "15s", Min = "1s", Max = "10m")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long to wait for a lock.</summary>
    [Option("lock_timeout", "How long a statement waits for a lock that another session holds; 0s waits for ever.", Default = "5m", Min = "0s", Max = "24h")]
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest that one statement may take.</summary>
    [Option("statement_timeout", "The longest that one statement may take; 0s sets no limit.", Default = "0s", Min = "0s", Max = "24h")]
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.Zero;

    /// <summary>Memory of one sort or hash table of a merge.</summary>
    [Option("work_mem", "Memory on the server for each sort or hash table of a merge, before it spills to disk.", Default = "64MiB", Min = "64KiB", Max = "2GiB")]
    public ByteSize WorkMem { get; set; } = new(64L << 20);
}
