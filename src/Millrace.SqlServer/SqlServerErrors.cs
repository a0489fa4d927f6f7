using System.ComponentModel;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Data.SqlClient;
using Millrace.Core.Errors;

namespace Millrace.SqlServer;

/// <summary>
/// Turns what SQL Server and the driver report into coded errors (numbers: SQL Server, "Database Engine events and errors"). A message that quotes
/// values of rows is left out.
/// </summary>
/// <param name="owner">Whose connection it is, as a message begins: <c>Connection prod</c>.</param>
/// <param name="path">Where its settings are: <c>connections.prod</c>.</param>
/// <param name="settings">The driver's settings.</param>
public sealed class SqlServerErrors(string owner, string path, SqlConnectionStringBuilder settings)
{
    /// <summary>Numbers of errors that quote values of rows.</summary>
    private static readonly HashSet<int> Quoting = [241, 245, 248, 295, 2601, 2627, 2628, 8114, 8115, 1505];

    /// <summary>Numbers by which the server, or the driver for it, says that the connection is gone.</summary>
    private static readonly HashSet<int> Losing = [233, 596, 6005, 10053, 10054, 10060, 10928, 10929, 40197, 40501, 40613, 49918, 49919, 49920];

    private const byte FirstFatalClass = 20;
    private const string NoAnswer = "nothing answers there";

    private string Server => settings.DataSource;

    /// <summary>The errors of a project's connection.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="settings">The driver's settings.</param>
    public static SqlServerErrors OfConnection(string name, SqlConnectionStringBuilder settings) =>
        new($"Connection {name}", $"connections.{name}", settings);

    /// <summary>True where the server ended the connection, or the driver lost it.</summary>
    public static bool IsLost(SqlException e) => Losing.Contains(e.Number) || e.Class >= FirstFatalClass;

    /// <summary>The error of a failed connection attempt.</summary>
    public MillraceException OnConnect(Exception e)
    {
        if (e is SqlException { Number: 18456 or 18452 or 18470 or 18486 or 18487 or 18488 or 4060 or 4064 or 916 } refused)
        {
            return OnStatement(refused);
        }

        bool isTls = Causes(e).Any(c => c is AuthenticationException) || e.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase);
        return new(
            ErrorCodes.CannotConnect,
            $"{owner}: SQL Server at {Server} cannot be reached: {(isTls ? "its certificate is not trusted, or TLS could not be agreed on" : Reason(e))}.",
            isTls
                ? "Let this machine trust the authority that signed the server's certificate, or name the certificate's host by HostNameInCertificate; only where nobody can stand between, set TrustServerCertificate=True in the connection string."
                : "Check the server and port in the connection string (Server=host,1433), that the server runs and listens on TCP, and that nothing between blocks the port.",
            $"{path}.connection_string",
            isTransient: !isTls,
            inner: e);
    }

    /// <summary>The error of a failed statement or stream.</summary>
    public MillraceException OnStatement(Exception e) => e is SqlException s ? OnNumber(s) : OnStream(e);

    /// <summary>The error of a connection that is given up.</summary>
    public MillraceException OnLost(Exception e) => Lost(e, Reason(e));

    /// <summary>The error of a lock that sp_getapplock did not give.</summary>
    /// <param name="name">The lock.</param>
    /// <param name="answer">What it returned: -1 a time-out, -2 cancelled, -3 a deadlock, -999 wrong arguments.</param>
    public MillraceException OnLock(string name, int answer) => new(
        answer == -3 ? ErrorCodes.TransactionConflict : ErrorCodes.LockConflict,
        $"{owner}: SQL Server at {Server} did not give the lock '{name}' (sp_getapplock says {answer.ToString(CultureInfo.InvariantCulture)}).",
        "Start the run again; if this repeats, see in sys.dm_tran_locks (resource_type APPLICATION) who holds it, or raise lock_timeout.",
        $"{path}.lock_timeout",
        isTransient: true);

    // What the driver itself refuses on the way to the server, such as a text that is too long for its column.
    private MillraceException OnStream(Exception e) => e is InvalidOperationException && !Causes(e).Any(c => c is IOException or SocketException)
        ? new(
            ErrorCodes.StatementFailed,
            $"{owner}: rows cannot be written to SQL Server at {Server}: {e.Message.TrimEnd('.')}.",
            "Compare the column that the message names with the rows; if the table was changed by hand, bring it back or let Millrace make it anew.",
            inner: e)
        : OnLost(e);

    private MillraceException OnNumber(SqlException e) => e.Number switch
    {
        18456 or 18452 or 18470 or 18486 or 18487 or 18488 => Make(
            ErrorCodes.LoginRefused, e, "Check the user and the password behind connection_string, and that the server allows this way to log in (SQL Server logins are off where it takes Windows logins only).", false, "connection_string"),
        4060 or 4064 or 916 or 911 => Make(
            ErrorCodes.DatabaseMissing, e, $"Create it (CREATE DATABASE [{settings.InitialCatalog}]), give the login a user in it, or name another by Database in connection_string.", false, "connection_string"),
        229 or 230 or 262 or 297 or 300 or 1088 or 15247 or 2760 or 3704 => Make(
            ErrorCodes.PermissionDenied, e, "Give the user what the message names: CREATE TABLE in the database, and ALTER, SELECT, INSERT, UPDATE and DELETE on the schemas of the target tables."),
        1105 or 1101 or 9002 or 1128 or 3257 or 40544 => Make(
            ErrorCodes.DiskFull, e, "Make room in the data file, the log or tempdb that the message names, then start the run again; nothing of this load was kept.", true),
        1204 or 701 or 802 or 8645 or 8651 => Make(
            ErrorCodes.StatementFailed, e, "The server is short of memory or locks: start the run again when there is less going on, or give the server more.", true),
        -2 => Make(ErrorCodes.StatementTimeout, e, "Raise statement_timeout of the connection, or find out what held the statement up.", true, "statement_timeout"),
        1205 or 3960 or 3961 or 41302 or 41305 or 41325 => Make(
            ErrorCodes.TransactionConflict, e, "Start the run again; it goes on from the last commit. If this repeats, let one run at a time write the tables that tasks share.", true),
        1222 => Make(ErrorCodes.LockConflict, e, "Start the run again; if this repeats, see in sys.dm_tran_locks who holds the lock, or raise lock_timeout.", true, "lock_timeout"),
        1702 => Make(ErrorCodes.StatementFailed, e, "A table has 1,024 columns at most: lower max_columns of the task, so that further fields go to _millrace_extra."),
        511 or 1701 => Make(ErrorCodes.StatementFailed, e, "A row of SQL Server has 8,060 bytes beside its long values: lower max_columns of the task, so that fewer fields are columns."),
        1946 => Make(ErrorCodes.StatementFailed, e, "The columns of the key together are longer than an index of SQL Server holds (1,700 bytes): choose a shorter key (target.primary_key).", false),
        _ when IsLost(e) => Lost(e, Text(e)),
        _ => Make(ErrorCodes.StatementFailed, e, "Look at the message; if the table or its columns were changed by hand, bring them back or let Millrace make the table anew."),
    };

    private MillraceException Lost(Exception e, string reason) => new(
        ErrorCodes.ConnectionLost,
        $"{owner}: the connection to SQL Server at {Server} was lost: {reason}. What was not committed is rolled back.",
        "Start the run again; it goes on from the last commit. If this repeats, look into the server's log.",
        isTransient: true,
        inner: e);

    private MillraceException Make(ErrorCode code, SqlException e, string fix, bool isTransient = false, string? option = null) => new(
        code,
        $"{owner}: SQL Server at {Server} says: {Text(e)} (error {e.Number.ToString(CultureInfo.InvariantCulture)}).",
        fix,
        option is null ? null : $"{path}.{option}",
        isTransient,
        e);

    /// <summary>What the server says, in one line and without values of rows: the first of several messages, from which the others follow.</summary>
    public static string Text(SqlException e)
    {
        ArgumentNullException.ThrowIfNull(e);
        string text = e.Errors.Count > 0 ? e.Errors[0].Message : e.Message;
        string line = text.ReplaceLineEndings(" ").TrimEnd('.', ' ');
        return Quoting.Contains(e.Number) ? WithoutValues(line) : line;
    }

    private static string WithoutValues(string message)
    {
        foreach (string begin in new[] { " The duplicate key value is", " Truncated value:", " value '", " nvarchar value" })
        {
            int at = message.IndexOf(begin, StringComparison.Ordinal);
            message = at < 0 ? message : message[..at];
        }

        return message.TrimEnd('.', ' ', ':');
    }

    private static string Reason(Exception e) => Causes(e).OfType<SocketException>().FirstOrDefault() switch
    {
        { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => "the host name is unknown",
        { SocketErrorCode: SocketError.ConnectionRefused } => "nothing listens there",
        { SocketErrorCode: SocketError.Success } => NoAnswer,
        { } other => other.Message.TrimEnd('.'),
        null when e is SqlException { Number: -2 } or TimeoutException => "it did not answer in time",
        null when e is SqlException { Number: 11001 } => "the host name is unknown",
        // On Unix the driver drops the cause of a refused connection and reports the system's error 0.
        null when e.GetBaseException() is Win32Exception { NativeErrorCode: 0 } => NoAnswer,
        null => (e is SqlException s ? Text(s) : e.GetBaseException().Message).TrimEnd('.'),
    };

    private static IEnumerable<Exception> Causes(Exception e)
    {
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
