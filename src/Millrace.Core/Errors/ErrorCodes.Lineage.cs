namespace Millrace.Core.Errors;

public static partial class ErrorCodes
{
    /// <summary>A table or column that the lineage does not know.</summary>
    public static readonly ErrorCode UnknownTable = new("MR1501", "A table or column is not known to the lineage.", ErrorKind.Configuration);

    /// <summary>A row that is not in its table.</summary>
    public static readonly ErrorCode RowNotFound = new("MR1503", "There is no such row in the table.", ErrorKind.Run);

    /// <summary>A key that does not fit its table.</summary>
    public static readonly ErrorCode KeyDoesNotFit = new("MR1504", "The key does not fit the table.", ErrorKind.Configuration);

    /// <summary>A name that several tables have.</summary>
    public static readonly ErrorCode TableAmbiguous = new("MR1502", "Several tables have this name.", ErrorKind.Configuration);
}
