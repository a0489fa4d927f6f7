namespace Millrace.Core.Errors;

public static partial class ErrorCodes
{
    /// <summary>The catalog was made by a newer version.</summary>
    public static readonly ErrorCode CatalogTooNew = new("MR1401", "The catalog was made by a newer version of Millrace.", ErrorKind.Environment);

    /// <summary>The catalog's schema is not the one that its migrations made.</summary>
    public static readonly ErrorCode CatalogDiverged = new("MR1402", "A migration of the catalog differs from the one that was applied.", ErrorKind.Environment);

    /// <summary>The catalog refused a statement.</summary>
    public static readonly ErrorCode CatalogFailed = new("MR1403", "The catalog cannot be read or written.", ErrorKind.Environment);

    /// <summary>A run's lease went to another process or could not be renewed in time.</summary>
    public static readonly ErrorCode LeaseLost = new("MR1404", "The lease of this task was lost; the run stopped at its last commit.", ErrorKind.Run);

    /// <summary>Definitions changed between diff and apply.</summary>
    public static readonly ErrorCode DefinitionsMoved = new("MR1405", "The catalog's definitions changed since they were compared.", ErrorKind.Run);

    /// <summary>A run that cannot be taken up again.</summary>
    public static readonly ErrorCode NotResumable = new("MR1407", "The run cannot be taken up again.", ErrorKind.Configuration);

    /// <summary>A job, task or run that does not exist.</summary>
    public static readonly ErrorCode NotFound = new("MR1406", "There is no such job, task or run.", ErrorKind.Configuration);
}
