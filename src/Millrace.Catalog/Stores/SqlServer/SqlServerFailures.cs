using System.Globalization;
using Microsoft.Data.SqlClient;
using Millrace.Catalog.Stores.Relational;
using Millrace.Core.Errors;

namespace Millrace.Catalog.Stores.SqlServer;

/// <summary>
/// Turns what SQL Server and the driver report into coded errors (numbers: SQL Server, "Database Engine events and errors"). What it says never
/// repeats the connection string, which holds the password.
/// </summary>
internal sealed class SqlServerFailures(SqlConnectionStringBuilder settings, string schema)
{
    /// <summary>The number that the catalog's own lock statement throws.</summary>
    public const int LockNotGiven = 51222;

    private const byte FirstFatalClass = 20;
    private const string ConnectionStringPath = "catalog.connection_string";

    private static readonly HashSet<int> Logins = [18452, 18456, 18470, 18486, 18487, 18488];
    private static readonly HashSet<int> Databases = [911, 916, 4060, 4064];
    private static readonly HashSet<int> Permissions = [229, 230, 262, 297, 300, 2759, 2760, 15151, 15247];
    private static readonly HashSet<int> Conflicts = [1205, 3960, 3961];

    // -2 is the driver's own time-out: the connection is given up, for what the server is still doing on it is not known.
    private static readonly HashSet<int> Losses = [-2, -1, 53, 64, 233, 596, 6005, 10053, 10054, 10060, 10928, 10929, 40197, 40501, 40613];

    /// <summary>The driver's settings.</summary>
    /// <exception cref="MillraceException">MR1002: they cannot be read, or name no server.</exception>
    public static SqlConnectionStringBuilder ReadConnectionString(string text)
    {
        try
        {
            var settings = new SqlConnectionStringBuilder(text);
            if (!settings.ShouldSerialize("Application Name"))
            {
                settings.ApplicationName = "millrace";
            }

            return string.IsNullOrWhiteSpace(settings.DataSource) ? throw Invalid("it names no server") : settings;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException or NotSupportedException)
        {
            throw Invalid("it cannot be read");
        }
    }

    /// <summary>What an exception means; null where it is none of the driver's.</summary>
    public CatalogFailure? Read(Exception exception, bool isConnecting) => exception switch
    {
        SqlException refused => Read(refused, isConnecting),
        TimeoutException or IOException => Lost(exception, exception.Message, isConnecting),
        _ => null,
    };

    private CatalogFailure Read(SqlException e, bool isConnecting) => e.Number switch
    {
        _ when Logins.Contains(e.Number) => Refused(ErrorCodes.LoginRefused, e,
            "Check the user and the password behind connection_string, and that the server allows this way to log in.", ConnectionStringPath),
        _ when Databases.Contains(e.Number) => Refused(ErrorCodes.DatabaseMissing, e,
            $"Create it (CREATE DATABASE [{settings.InitialCatalog}]), give the login a user in it, or name another in connection_string.", ConnectionStringPath),
        _ when Permissions.Contains(e.Number) => Refused(ErrorCodes.PermissionDenied, e,
            $"Let the user own the schema and create tables: CREATE SCHEMA [{schema}] AUTHORIZATION the user, GRANT CREATE TABLE TO the user.", "catalog.schema"),
        1101 or 1105 or 9002 => Refused(ErrorCodes.DiskFull, e, "Make room in the file that the message names, then start again.", null, true),
        1222 or LockNotGiven => Refused(
            ErrorCodes.CatalogFailed, e, "Another process keeps the catalog locked: wait until it has finished, or end it.", null, true),
        2714 => Refused(
            ErrorCodes.CatalogFailed, e, $"The schema {schema} has tables of something else: name another one in catalog.schema.", "catalog.schema"),
        _ when Conflicts.Contains(e.Number) => new(CatalogFailureKind.Conflict, Make(
            ErrorCodes.CatalogFailed, e, "Start again; if this repeats, see in the server's log what else writes the catalog's tables.", null, true)),
        _ when isConnecting || e.Class >= FirstFatalClass || Losses.Contains(e.Number) => Lost(e, Text(e), isConnecting),
        _ => Refused(ErrorCodes.CatalogFailed, e, "Look at the message; if the catalog's tables were changed by hand, bring them back.", null),
    };

    private CatalogFailure Lost(Exception e, string reason, bool isConnecting) => new(
        CatalogFailureKind.Disconnected,
        isConnecting
            ? new MillraceException(
                ErrorCodes.CannotConnect,
                $"The catalog: SQL Server at {settings.DataSource} cannot be reached: {reason.TrimEnd('.')}.",
                "Check the server and port in the connection string (Server=host,1433), that it runs and listens on TCP, and that its certificate is trusted here.",
                ConnectionStringPath,
                isTransient: true,
                inner: e)
            : new MillraceException(
                ErrorCodes.ConnectionLost,
                $"The catalog: the connection to SQL Server at {settings.DataSource} was lost: {reason.TrimEnd('.')}. What was not committed is rolled back.",
                "Start the run again; it goes on from the last commit. If this repeats, look into the server's log.",
                isTransient: true,
                inner: e));

    private CatalogFailure Refused(ErrorCode code, SqlException e, string fix, string? path, bool isTransient = false) =>
        new(CatalogFailureKind.Refused, Make(code, e, fix, path, isTransient));

    private MillraceException Make(ErrorCode code, SqlException e, string fix, string? path, bool isTransient) => new(
        code,
        $"The catalog at {settings.DataSource}, database {settings.InitialCatalog}, schema {schema}: {Text(e)} (error {e.Number.ToString(CultureInfo.InvariantCulture)}).",
        fix,
        path,
        isTransient,
        e);

    // The first of several says what happened, the others follow from it.
    private static string Text(SqlException e) =>
        (e.Errors.Count > 0 ? e.Errors[0].Message : e.Message).ReplaceLineEndings(" ").TrimEnd('.', ' ');

    private static MillraceException Invalid(string why) => new(
        ErrorCodes.InvalidConfiguration,
        $"The connection_string of the catalog is not usable: {why}.",
        "Write it as Server=host,1433;Database=name;User ID=user;Password=….",
        ConnectionStringPath);
}
