using System.Globalization;
using Microsoft.Data.SqlClient;
using Millrace.Catalog.Stores.Relational;
using Millrace.Core.Errors;
using Millrace.SqlServer;

namespace Millrace.Catalog.Stores.SqlServer;

/// <summary>What a failure of SQL Server means for the catalog: whether trying again can help, and what to tell.</summary>
internal sealed class SqlServerFailures(SqlConnectionStringBuilder settings, string schema)
{
    /// <summary>The number that the catalog's own lock statement throws.</summary>
    public const int LockNotGiven = 51222;

    // The driver's own time-out: the connection is given up, for what the server is still doing on it is not known.
    private const int TimedOut = -2;

    private static readonly HashSet<int> Permissions = [229, 230, 262, 297, 300, 2759, 2760, 15151, 15247];
    private static readonly HashSet<int> LoginsAndDatabases = [18452, 18456, 18470, 18486, 18487, 18488, 911, 916, 4060, 4064];

    // Numbers that the driver itself gives where the server does not answer.
    private static readonly HashSet<int> DriversLosses = [TimedOut, -1, 53, 64];

    private readonly SqlServerErrors _errors = new("The catalog", "catalog", settings);

    /// <summary>What an exception means; null where it is none of the driver's.</summary>
    public CatalogFailure? Read(Exception exception, bool isConnecting) => exception switch
    {
        SqlException refused => Read(refused, isConnecting),
        TimeoutException or IOException => Lost(exception, isConnecting),
        _ => null,
    };

    private CatalogFailure Read(SqlException e, bool isConnecting) => e.Number switch
    {
        1101 or 1105 or 9002 => new(CatalogFailureKind.Refused, _errors.OnStatement(e)),
        _ when LoginsAndDatabases.Contains(e.Number) => new(CatalogFailureKind.Refused, _errors.OnStatement(e)),
        _ when Permissions.Contains(e.Number) => Refused(ErrorCodes.PermissionDenied, e,
            $"Let the user own the schema and create tables: CREATE SCHEMA [{schema}] AUTHORIZATION the user, GRANT CREATE TABLE TO the user.", "catalog.schema"),
        1222 or LockNotGiven => Refused(
            ErrorCodes.CatalogFailed, e, "Another process keeps the catalog locked: wait until it has finished, or end it.", null, true),
        2714 => Refused(
            ErrorCodes.CatalogFailed, e, $"The schema {schema} has tables of something else: name another one in catalog.schema.", "catalog.schema"),
        1205 or 3960 or 3961 => new(CatalogFailureKind.Conflict, Make(
            ErrorCodes.CatalogFailed, e, "Start again; if this repeats, see in the server's log what else writes the catalog's tables.", null, true)),
        _ when isConnecting || SqlServerErrors.IsLost(e) || DriversLosses.Contains(e.Number) => Lost(e, isConnecting),
        _ => Refused(ErrorCodes.CatalogFailed, e, "Look at the message; if the catalog's tables were changed by hand, bring them back.", null),
    };

    private CatalogFailure Lost(Exception e, bool isConnecting) =>
        new(CatalogFailureKind.Disconnected, isConnecting ? _errors.OnConnect(e) : _errors.OnLost(e));

    private CatalogFailure Refused(ErrorCode code, SqlException e, string fix, string? path, bool isTransient = false) =>
        new(CatalogFailureKind.Refused, Make(code, e, fix, path, isTransient));

    private MillraceException Make(ErrorCode code, SqlException e, string fix, string? path, bool isTransient) => new(
        code,
        $"The catalog at {settings.DataSource}, database {settings.InitialCatalog}, schema {schema}: {SqlServerErrors.Text(e)} (error {e.Number.ToString(CultureInfo.InvariantCulture)}).",
        fix,
        path,
        isTransient,
        e);
}
