namespace Microsoft.SqlServer.Server;

/// <summary>Marks a CLR type of the user's own; the driver looks for it, Millrace has none.</summary>
/// <param name="format">How it is stored.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class SqlUserDefinedTypeAttribute(Format format) : Attribute
{
    /// <summary>How it is stored.</summary>
    public Format Format { get; } = format;

    /// <summary>The longest value in bytes; -1 for more than 8,000.</summary>
    public int MaxByteSize { get; set; }

    /// <summary>Every value is as long.</summary>
    public bool IsFixedLength { get; set; }

    /// <summary>Values compare as their bytes do.</summary>
    public bool IsByteOrdered { get; set; }

    /// <summary>The method that checks a value.</summary>
    public string? ValidationMethodName { get; set; }

    /// <summary>The type's name.</summary>
    public string? Name { get; set; }
}
