namespace Millrace.Core.Errors;

public static partial class ErrorCodes
{
    /// <summary>No server of a connection can be reached.</summary>
    public static readonly ErrorCode MongoUnreachable = new("MR1120", "No MongoDB server of a connection can be reached.", ErrorKind.Environment);

    /// <summary>User or password are wrong.</summary>
    public static readonly ErrorCode MongoAuthenticationFailed = new("MR1121", "MongoDB does not accept a connection's user and password.", ErrorKind.Environment);

    /// <summary>A privilege is missing.</summary>
    public static readonly ErrorCode MongoNotAuthorized = new("MR1122", "A connection's user lacks a privilege in MongoDB.", ErrorKind.Environment);

    /// <summary>No secure connection comes about.</summary>
    public static readonly ErrorCode MongoTlsFailed = new("MR1123", "No secure connection to MongoDB comes about.", ErrorKind.Environment);

    /// <summary>A standalone server keeps no log.</summary>
    public static readonly ErrorCode MongoNotReplicated = new("MR1124", "A MongoDB server is a standalone and keeps no log of changes.", ErrorKind.Environment);

    /// <summary>The oplog of a sharded cluster cannot be followed as one.</summary>
    public static readonly ErrorCode MongoOplogOfShards = new("MR1125", "A sharded cluster has no oplog of its own; change streams are needed.", ErrorKind.Configuration);

    /// <summary>A connection string is invalid.</summary>
    public static readonly ErrorCode MongoUriInvalid = new("MR1126", "A MongoDB connection string is invalid.", ErrorKind.Configuration);

    /// <summary>A command failed.</summary>
    public static readonly ErrorCode MongoCommandFailed = new("MR1127", "MongoDB refused or broke off a command.", ErrorKind.Run);

    /// <summary>A server took too long.</summary>
    public static readonly ErrorCode MongoTimeout = new("MR1128", "MongoDB did not answer in time.", ErrorKind.Environment);

    /// <summary>A view or a time series has no changes to follow.</summary>
    public static readonly ErrorCode MongoCaptureUnsupported = new("MR1129", "Changes of a MongoDB view or time series cannot be followed.", ErrorKind.Configuration);

    /// <summary>A post-image is not there.</summary>
    public static readonly ErrorCode MongoPostImageMissing = new("MR1130", "MongoDB has no post-image of an updated document.", ErrorKind.Run);

    /// <summary>A find does not keep to <c>min</c> and <c>max</c>.</summary>
    public static readonly ErrorCode MongoBoundsIgnored = new("MR1131", "A server that is taken for MongoDB does not keep to the bounds of a find.", ErrorKind.Environment);
}
