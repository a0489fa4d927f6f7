namespace Microsoft.SqlServer.Server;

/// <summary>How a CLR type of the user's own is stored.</summary>
public enum Format
{
    /// <summary>Not said.</summary>
    Unknown = 0,

    /// <summary>As the fields lie in memory.</summary>
    Native = 1,

    /// <summary>As <see cref="IBinarySerialize"/> writes it.</summary>
    UserDefined = 2,
}
