using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>A column of a table or query that is read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The logical type that its values get; a value that it cannot hold is kept as text beside it.</param>
/// <param name="NativeType">The engine's name of its type, fit for a CAST.</param>
/// <param name="Form">How it is asked for.</param>
/// <param name="Nullable">False where the engine promises a value in every row.</param>
internal sealed record RelationColumn(string Name, LogicalType Type, string NativeType, ReadForm Form, bool Nullable)
{
    /// <summary>The engine's short name of the type that a domain or an alias stands for, by which its reader is chosen.</summary>
    public string BaseType { get; init; } = NativeType;

    /// <summary>True where a value's text, cast back to the type, is the value: it may stand in a position and order a read.</summary>
    public bool CanOrder => Form == ReadForm.Value && Type.Kind is not (TypeKind.Json or TypeKind.Boolean or TypeKind.Time);

    /// <summary>True where the values are dates or times with a date.</summary>
    public bool IsDate => Form == ReadForm.Value && Type.Kind is TypeKind.Date or TypeKind.Timestamp;

    /// <summary>True where the values are numbers.</summary>
    public bool IsNumber => Type.Kind is >= TypeKind.Int16 and <= TypeKind.Decimal;
}
