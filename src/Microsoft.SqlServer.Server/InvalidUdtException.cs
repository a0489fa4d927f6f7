namespace Microsoft.SqlServer.Server;

/// <summary>A CLR type of the user's own that cannot be stored.</summary>
public sealed class InvalidUdtException : SystemException
{
    internal InvalidUdtException(string message)
        : base(message)
    {
    }

    /// <summary>The error about a type.</summary>
    public static InvalidUdtException Create(Type udtType, string resourceReason)
    {
        ArgumentNullException.ThrowIfNull(udtType);
        return new($"'{udtType.FullName}' is no valid user defined type: {resourceReason}.");
    }
}
