using System.Reflection;

namespace Millrace.Testing.MongoDb;

/// <summary>The error codes that the simulator answers with, by the names that MongoDB's error_codes.yml gives them.</summary>
public static class ErrorCode
{
    public const int InternalError = 1;
    public const int BadValue = 2;
    public const int GraphContainsCycle = 5;
    public const int FailedToParse = 9;
    public const int Unauthorized = 13;
    public const int TypeMismatch = 14;
    public const int InvalidLength = 16;
    public const int AuthenticationFailed = 18;
    public const int IllegalOperation = 20;
    public const int NamespaceNotFound = 26;
    public const int IndexNotFound = 27;
    public const int PathNotViable = 28;
    public const int ConflictingUpdateOperators = 40;
    public const int CursorNotFound = 43;
    public const int NamespaceExists = 48;
    public const int MaxTimeMSExpired = 50;
    public const int DollarPrefixedFieldName = 52;
    public const int CommandNotFound = 59;
    public const int ImmutableField = 66;
    public const int InvalidOptions = 72;
    public const int InvalidNamespace = 73;
    public const int IndexOptionsConflict = 85;
    public const int IndexKeySpecsConflict = 86;
    public const int WriteConflict = 112;
    public const int CommandNotSupported = 115;
    public const int NamespaceNotSharded = 118;
    public const int CappedPositionLost = 136;
    public const int OptionNotSupportedOnView = 167;
    public const int InvalidPipelineOperator = 168;
    public const int CommandOnShardedViewNotSupportedOnMongod = 169;
    public const int CommandNotSupportedOnView = 166;
    public const int QueryPlanKilled = 175;
    public const int PrimarySteppedDown = 189;
    public const int TransactionTooOld = 225;
    public const int CursorKilled = 237;
    public const int NoSuchTransaction = 251;
    public const int TransactionCommitted = 256;
    public const int ExceededTimeLimit = 262;
    public const int OperationNotSupportedInTransaction = 263;
    public const int InvalidResumeToken = 260;
    public const int ChangeStreamFatalError = 280;
    public const int ChangeStreamHistoryLost = 286;
    public const int NoMatchingDocument = 47;
    public const int ShutdownInProgress = 91;
    public const int InterruptedDueToReplStateChange = 11602;
    public const int BSONObjectTooLarge = 10334;
    public const int NotWritablePrimary = 10107;
    public const int DuplicateKey = 11000;
    public const int NotPrimaryNoSecondaryOk = 13435;
    public const int UnknownField = 40415;
    public const int MissingField = 40414;
    public const int DuplicateField = 40413;
    public const int UnrecognizedPipelineStage = 40324;
    public const int OnlyReplicaSets = 40573;

    private static readonly Dictionary<int, string> Names = typeof(ErrorCode).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(f => f.IsLiteral && (int)f.GetRawConstantValue()! < 40000)
        .ToDictionary(f => (int)f.GetRawConstantValue()!, f => f.Name);

    /// <summary>The <c>codeName</c> of a code; <c>Location40573</c> and the like where it has no name of its own.</summary>
    public static string NameOf(int code) => Names.TryGetValue(code, out string? name) ? name : $"Location{code}";
}
