using System.Net.Sockets;
using System.Security.Authentication;
using Millrace.Core.Errors;
using Npgsql;

namespace Millrace.PostgreSql;

/// <summary>
/// Turns what PostgreSQL and the driver report into coded errors (SQLSTATE: PostgreSQL manual, appendix A). The server's detail line, which may
/// quote values of rows, is left out.
/// </summary>
/// <param name="owner">Whose connection it is, as a message begins: <c>Connection prod</c>.</param>
/// <param name="path">Where its settings are: <c>connections.prod</c>.</param>
/// <param name="settings">The driver's settings.</param>
public sealed class PostgreSqlErrors(string owner, string path, NpgsqlConnectionStringBuilder settings)
{
    private string Server => $"{settings.Host}:{settings.Port}";

    /// <summary>The errors of a project's connection.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="settings">The driver's settings.</param>
    public static PostgreSqlErrors OfConnection(string name, NpgsqlConnectionStringBuilder settings) =>
        new($"Connection {name}", $"connections.{name}", settings);

    /// <summary>True where the server ended the connection, or the driver lost it.</summary>
    public static bool IsLost(Exception e) => e is not PostgresException p
        || p.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or "57P04" or "57P05" or "25P03"
        || (p.SqlState.StartsWith("08", StringComparison.Ordinal) && p.SqlState != PostgresErrorCodes.ProtocolViolation);

    /// <summary>The error of a failed connection attempt.</summary>
    public MillraceException OnConnect(Exception e) => e is PostgresException refused ? OnStatement(refused) : new(
        ErrorCodes.CannotConnect,
        $"{owner}: PostgreSQL at {Server} cannot be reached: {Reason(e)}.",
        e.GetBaseException() is AuthenticationException
            ? "Check SSL Mode and Root Certificate in the connection string against what the server offers."
            : "Check the host and port in the connection string, that the server runs, and that nothing between blocks the port.",
        $"{path}.connection_string",
        isTransient: e.GetBaseException() is not AuthenticationException,
        inner: e);

    /// <summary>The error of a failed statement or stream.</summary>
    public MillraceException OnStatement(Exception e) => e is PostgresException p ? OnState(p) : new(
        ErrorCodes.ConnectionLost,
        $"{owner}: the connection to PostgreSQL at {Server} was lost: {Reason(e)}. What was not committed is rolled back.",
        "Start the run again; it goes on from the last commit. If this repeats, look into the server's log.",
        isTransient: true,
        inner: e);

    private MillraceException OnState(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => Make(
            ErrorCodes.LoginRefused, e, "Check the user name and the password behind connection_string, and the server's pg_hba.conf.", false, "connection_string"),
        PostgresErrorCodes.InvalidCatalogName => Make(
            ErrorCodes.DatabaseMissing, e, $"Create it (CREATE DATABASE \"{settings.Database}\") or name another in connection_string.", false, "connection_string"),
        PostgresErrorCodes.InsufficientPrivilege => Make(
            ErrorCodes.PermissionDenied, e, $"GRANT {settings.Username} what the message names: CREATE on the schemas, or let it own the target tables."),
        PostgresErrorCodes.DiskFull => Make(ErrorCodes.DiskFull, e, "Free space on the database server, then start the run again; nothing of this load was kept.", true),
        PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.CannotConnectNow => Make(
            ErrorCodes.CannotConnect, e, "Wait until the server accepts connections, or raise its max_connections.", true),
        PostgresErrorCodes.QueryCanceled => Make(
            ErrorCodes.StatementTimeout, e, "Raise statement_timeout of the connection, or find out who cancelled the statement.", true, "statement_timeout"),
        PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure => Make(
            ErrorCodes.TransactionConflict, e, "Start the run again; it goes on from the last commit. If this repeats, let one run at a time write the tables that tasks share.", true),
        PostgresErrorCodes.LockNotAvailable => Make(
            ErrorCodes.LockConflict, e, "Start the run again; if this repeats, see in pg_stat_activity who holds the lock, or raise lock_timeout.", true, "lock_timeout"),
        _ when IsLost(e) => Lost(e),
        _ => Make(ErrorCodes.StatementFailed, e, "Look at the message; if the table or its columns were changed by hand, bring them back or let Millrace make the table anew.", e.IsTransient),
    };

    private MillraceException Lost(PostgresException e) =>
        Make(ErrorCodes.ConnectionLost, e, "Start the run again; it goes on from the last commit.", true);

    private MillraceException Make(ErrorCode code, PostgresException e, string fix, bool isTransient = false, string? option = null) => new(
        code,
        $"{owner}: PostgreSQL at {Server} says: {e.MessageText} (SQLSTATE {e.SqlState}{Where(e)}).",
        fix,
        option is null ? null : $"{path}.{option}",
        isTransient,
        e);

    private static string Where(PostgresException e)
    {
        string table = e.TableName is null ? "" : $", table {e.TableName}";
        string column = e.ColumnName is null ? "" : $", column {e.ColumnName}";
        return table + column + (e.ConstraintName is null ? "" : $", constraint {e.ConstraintName}");
    }

    private static string Reason(Exception e) => e.GetBaseException() switch
    {
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => "the host name is unknown",
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "nothing listens there",
        TimeoutException => "it did not answer in time",
        { } cause => cause.Message.TrimEnd('.'),
    };
}
