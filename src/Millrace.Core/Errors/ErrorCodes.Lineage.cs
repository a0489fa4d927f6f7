namespace Millrace.Core.Errors;

public static partial class ErrorCodes
{
    /// <summary>A table or column that the lineage does not know.</summary>
    public static readonly ErrorCode UnknownTable = new("MR1501", "A table or column is not known to the lineage.", ErrorKind.Configuration);

    /// <summary>A name that several tables have.</summary>
    public static readonly ErrorCode TableAmbiguous = new("MR1502", "Several tables have this name.", ErrorKind.Configuration);
}
