using Millrace.Core.Config;

namespace Millrace.Connectors.SqlServer;

/// <summary>Settings of a <c>sqlserver</c> connection.</summary>
public sealed class SqlServerOptions
{
    /// <summary>Where the server is and who connects.</summary>
    [Option(
        "connection_string",
        "Where the server is and who connects, in the form of Microsoft.Data.SqlClient: Server=host,1433;Database=…;User ID=…;Password=…. Encrypt is on unless it says otherwise; Authentication=Active Directory … and Integrated Security are passed on to the driver.",
        Required = true,
        Secret = true,
        Example = "${PROD_DB}")]
    public string ConnectionString { get; set; } = "";

    /// <summary>The schema of target tables that name none.</summary>
    [Option("schema", "The schema of target tables that name none; it is created when it is not there.", Default = "dbo")]
    public string Schema { get; set; } = "dbo";

    /// <summary>The schema of Millrace's own tables.</summary>
    [Option(
        "metadata_schema",
        "The schema of Millrace's own tables (checkpoints, column map, quarantine, tombstones). It must stay the same, for the checkpoints in it are the truth.",
        Default = "dbo")]
    public string MetadataSchema { get; set; } = "dbo";

    /// <summary>How long to try to connect.</summary>
    [Option("connect_timeout", "How long to try to connect.", Default = "15s", Min = "1s", Max = "10m")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long to wait for a lock.</summary>
    [Option("lock_timeout", "How long a statement waits for a lock that another session holds; 0s waits for ever.", Default = "5m", Min = "0s", Max = "24h")]
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest that one statement may take.</summary>
    [Option("statement_timeout", "The longest that one statement may take, to the second; 0s sets no limit.", Default = "0s", Min = "0s", Max = "24h")]
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.Zero;
}
