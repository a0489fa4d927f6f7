using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Native;

/// <summary>Coded errors for what the driver and the server say. No secret of the connection string gets into one.</summary>
/// <param name="connection">The connection's name in the project.</param>
/// <param name="secrets">What may not be shown.</param>
internal sealed class MongoErrors(string connection, MongoSecrets secrets)
{
    private const uint ClientDomain = 1;
    private const uint StreamDomain = 2;
    private const uint SaslDomain = 7;
    private const uint ScramDomain = 14;
    private const uint SelectionDomain = 15;
    private const uint ClientAuthenticate = 11;

    /// <summary>Makes the error of a failed call.</summary>
    /// <param name="error">What the driver says.</param>
    /// <param name="doing">What was being done: <c>to read shop.orders</c>.</param>
    public MillraceException Make(in MongocError error, string doing)
    {
        string message = secrets.Scrub(error.Message);
        return error.Domain switch
        {
            MongocError.ServerDomain => OfServer((int)error.Code, message, doing),
            SaslDomain or ScramDomain => WrongPassword(message),
            ClientDomain when error.Code == ClientAuthenticate => WrongPassword(message),
            _ when IsTls(message) => TlsFailed(message),
            SelectionDomain when message.Contains("Authentication failed", StringComparison.OrdinalIgnoreCase) => WrongPassword(message),
            SelectionDomain => Unreachable(message, doing),
            StreamDomain when message.Contains("timeout", StringComparison.OrdinalIgnoreCase) => TimedOut(message, doing),
            StreamDomain => Unreachable(message, doing),
            _ => new(
                ErrorCodes.MongoCommandFailed,
                $"MongoDB's driver failed {doing} (connection '{connection}'): {message} (domain {error.Domain}, code {error.Code})",
                "Run `millrace check`; run again when the server is well.",
                isTransient: true),
        };
    }

    /// <summary>A server's error, by its code. Source: the server's <c>error_codes.yml</c>.</summary>
    public MillraceException OfServer(int code, string message, string doing)
    {
        string told = secrets.Scrub(message);
        return code switch
        {
            ServerCode.AuthenticationFailed or ServerCode.AtlasError => WrongPassword(told),
            ServerCode.Unauthorized => NotAuthorized(told, doing),
            ServerCode.NoReplicaSet => NotReplicated(doing),
            ServerCode.ChangeStreamHistoryLost or ServerCode.ChangeStreamFatalError or ServerCode.InvalidResumeToken
                or ServerCode.CappedPositionLost => HistoryLost(code, told),
            ServerCode.MaxTimeExpired => TimedOut(told, doing),
            ServerCode.CommandNotSupportedOnView => new(
                ErrorCodes.MongoCaptureUnsupported,
                $"MongoDB refused {doing}, which is a view or a time series: {told}",
                "Set replication_method: full_refresh for it."),
            ServerCode.NoMatchingDocument => new(
                ErrorCodes.MongoPostImageMissing,
                $"MongoDB keeps no image of an updated document after the change: {told}",
                "Switch images on with collMod: {collMod: <collection>, changeStreamPreAndPostImages: {enabled: true}} and keep them as long as runs are apart, "
                + "or set update_images: lookup on the connection."),
            _ => new(
                ErrorCodes.MongoCommandFailed,
                $"MongoDB refused {doing} (connection '{connection}'): {told} (code {code})",
                ServerCode.IsTransient(code) ? "The server is changing over or shutting down; run again." : "See MongoDB's documentation of the code.",
                isTransient: ServerCode.IsTransient(code))
            {
                Data = { [ServerCode.Key] = code },
            },
        };
    }

    private MillraceException WrongPassword(string message) => new(
        ErrorCodes.MongoAuthenticationFailed,
        $"MongoDB does not accept the user and password of connection '{connection}': {message}",
        "Check user, password and authSource (the database that the user was made in, often admin) in the connection string.",
        $"connections.{connection}.uri");

    private MillraceException NotAuthorized(string message, string doing) => new(
        ErrorCodes.MongoNotAuthorized,
        $"The user of connection '{connection}' may not do what is needed {doing}: {message}",
        "Grant it read on the database (change streams need find and changeStream there; the oplog needs read on local): "
        + "docs/mongodb-live.md has a role to copy.");

    /// <summary>A standalone server, which keeps no log.</summary>
    public MillraceException NotReplicated(string doing) => new(
        ErrorCodes.MongoNotReplicated,
        $"The server of connection '{connection}' is a standalone: it keeps no log of changes, which is needed {doing}.",
        "Make it a replica set of one (start mongod with --replSet and run rs.initiate()), or set replication_method: full_refresh or incremental.");

    private static MillraceException HistoryLost(int code, string message) => new(
        ErrorCodes.HistoryLost,
        $"MongoDB's log does not reach back to where this task is: {message} (code {code})",
        "Load the task anew (on_history_lost: resnapshot, or --full-refresh), run more often, and give the log more room: "
        + "replSetResizeOplog with size or minRetentionHours.");

    private MillraceException TlsFailed(string message) => new(
        ErrorCodes.MongoTlsFailed,
        $"No secure connection to MongoDB ('{connection}'): {message}",
        "Check tls, tlsCAFile (the authority that signed the server's certificate), tlsCertificateKeyFile, and that the host is named as in the certificate.",
        $"connections.{connection}.uri");

    private MillraceException Unreachable(string message, string doing) => new(
        ErrorCodes.MongoUnreachable,
        $"No MongoDB server could be reached {doing} (connection '{connection}'): {message}",
        "Check host, port, replicaSet and the network; serverSelectionTimeoutMS in the connection string says how long is waited.",
        $"connections.{connection}.uri",
        isTransient: true);

    private MillraceException TimedOut(string message, string doing) => new(
        ErrorCodes.MongoTimeout,
        $"MongoDB did not answer in time {doing} (connection '{connection}'): {message}",
        "Run again; raise socketTimeoutMS in the connection string where the server is slow.",
        isTransient: true);

    private static bool IsTls(string message) =>
        message.Contains("TLS handshake", StringComparison.OrdinalIgnoreCase)
        || message.Contains("certificate", StringComparison.OrdinalIgnoreCase)
        || message.Contains("SSL", StringComparison.Ordinal);
}
