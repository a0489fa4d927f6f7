using System.Text.Json.Nodes;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>How a column keeps its value.</summary>
internal enum ColumnKind
{
    /// <summary>Text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>True or false; false where the definition says nothing.</summary>
    Flag,

    /// <summary>True or false; true where the definition says nothing.</summary>
    FlagOn,
}

/// <summary>A column that holds one setting of a definition.</summary>
/// <param name="Name">The column.</param>
/// <param name="Path">The setting's path in the definition.</param>
/// <param name="Kind">How it is kept.</param>
internal sealed record DefinitionColumn(string Name, string Path, ColumnKind Kind = ColumnKind.Text)
{
    /// <summary>The value as a statement takes it.</summary>
    public object? Bound(JsonNode? value) => Kind switch
    {
        ColumnKind.Number => value?.GetValue<long>(),
        ColumnKind.Flag => value?.GetValue<bool>() ?? false,
        ColumnKind.FlagOn => value?.GetValue<bool>() ?? true,
        _ => value?.ToString(),
    };

    /// <summary>The value of a row, or null.</summary>
    public JsonNode? Read(SqlRow row, int column) => row.IsNull(column) ? null : Kind switch
    {
        ColumnKind.Number => JsonValue.Create(row.Long(column)),
        ColumnKind.Flag or ColumnKind.FlagOn => JsonValue.Create(row.Bool(column)),
        _ => JsonValue.Create(row.Text(column)),
    };
}
