using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Native;

/// <summary>Codes of MongoDB's server that mean something here. Source: the server's <c>error_codes.yml</c>.</summary>
internal static class ServerCode
{
    public const int Unauthorized = 13;
    public const int AuthenticationFailed = 18;
    public const int NoMatchingDocument = 47;
    public const int MaxTimeExpired = 50;
    public const int CappedPositionLost = 136;
    public const int CommandNotSupportedOnView = 166;
    public const int InvalidResumeToken = 260;
    public const int ChangeStreamFatalError = 280;
    public const int ChangeStreamHistoryLost = 286;
    public const int AtlasError = 8000;
    public const int BsonObjectTooLarge = 10334;
    public const int NoReplicaSet = 40573;

    /// <summary>Under this key <see cref="Exception.Data"/> of MR1127 holds the server's code.</summary>
    public const string Key = "mongodb.code";

    /// <summary>The server's code in an error, or 0.</summary>
    public static int Of(MillraceException exception) => exception.Data[Key] is int code ? code : 0;

    /// <summary>True where the server is changing over, shutting down or was cut off: the same may go well later.</summary>
    public static bool IsTransient(int code) => code is 6 or 7 or 43 or 63 or 89 or 91 or 133 or 150 or 175 or 189 or 234 or 237 or 262
        or 9001 or 10107 or 11600 or 11602 or 13388 or 13435 or 13436;
}
