namespace Millrace.Core.Errors;

public static partial class ErrorCodes
{
    /// <summary>A database server cannot be reached.</summary>
    public static readonly ErrorCode CannotConnect = new("MR1201", "A database server cannot be reached.", ErrorKind.Environment);

    /// <summary>A database server refuses the login.</summary>
    public static readonly ErrorCode LoginRefused = new("MR1202", "A database server refuses the user name or password.", ErrorKind.Environment);

    /// <summary>The user may not do what is needed.</summary>
    public static readonly ErrorCode PermissionDenied = new("MR1203", "The database user lacks a permission.", ErrorKind.Environment);

    /// <summary>The database does not exist.</summary>
    public static readonly ErrorCode DatabaseMissing = new("MR1204", "The database does not exist.", ErrorKind.Environment);

    /// <summary>The connection to a database was lost.</summary>
    public static readonly ErrorCode ConnectionLost = new("MR1205", "The connection to the database was lost.", ErrorKind.Environment);

    /// <summary>A statement ran into a time limit.</summary>
    public static readonly ErrorCode StatementTimeout = new("MR1206", "A statement ran into the database's time limit.", ErrorKind.Run);

    /// <summary>Another session held a lock for too long.</summary>
    public static readonly ErrorCode LockConflict = new("MR1207", "Another session held a lock that the load needed.", ErrorKind.Run);

    /// <summary>The database refused a statement.</summary>
    public static readonly ErrorCode StatementFailed = new("MR1208", "The database refused a statement.", ErrorKind.Run);

    /// <summary>A value that the destination's type cannot hold.</summary>
    public static readonly ErrorCode ValueRefused = new("MR1209", "The destination cannot hold a value of the row.", ErrorKind.Run);

    /// <summary>The database rolled a transaction back so that another could go on; the engine tries again by itself before it tells.</summary>
    public static readonly ErrorCode TransactionConflict = new("MR1221", "The database rolled the load back so that another transaction could go on.", ErrorKind.Run);

    /// <summary>Millrace's own tables have a layout that this program does not know yet.</summary>
    public static readonly ErrorCode NewerLayout = new("MR1222", "A newer Millrace has written here.", ErrorKind.Environment);

    /// <summary>The SQL of a step T or L failed.</summary>
    public static readonly ErrorCode StepFailed = new("MR1230", "The SQL of a step failed.", ErrorKind.Run);

    /// <summary>A step took longer than its timeout.</summary>
    public static readonly ErrorCode StepTimedOut = new("MR1231", "A step took longer than its timeout.", ErrorKind.Run);

    /// <summary>The engine has no stored procedures.</summary>
    public static readonly ErrorCode NoProcedures = new("MR1232", "The connection has no stored procedures.", ErrorKind.Configuration);

    /// <summary>A script that runs in a transaction would end it.</summary>
    public static readonly ErrorCode StepEndsTransaction = new("MR1233", "A script that runs in a transaction would end it.", ErrorKind.Configuration);

    /// <summary>The query or filter of a task's source cannot be run.</summary>
    public static readonly ErrorCode SourceQueryFailed = new("MR1240", "The database refused the query or filter of a task's source.", ErrorKind.Configuration);

    /// <summary>A column that a task names is not there.</summary>
    public static readonly ErrorCode ColumnNotFound = new("MR1241", "A column that a task names is not in the source.", ErrorKind.Configuration);

    /// <summary>A column cannot order an incremental read.</summary>
    public static readonly ErrorCode CursorUnusable = new("MR1242", "A column cannot order an incremental read.", ErrorKind.Configuration);

    /// <summary>A row without a key.</summary>
    public static readonly ErrorCode KeyMissing = new("MR1220", "A key column of the row is NULL.", ErrorKind.Run);
}
