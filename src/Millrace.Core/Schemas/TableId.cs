namespace Millrace.Core.Schemas;

/// <summary>A table or dataset: an optional schema (or database) and a name, neither quoted.</summary>
/// <param name="Schema">The schema or database; empty for the connection's default.</param>
/// <param name="Name">The table, collection, topic or endpoint.</param>
public readonly record struct TableId(string Schema, string Name)
{
    /// <summary>Splits <c>schema.name</c> at its first dot; a text without a dot has an empty schema.</summary>
    public static TableId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? new("", text) : new(text[..dot], text[(dot + 1)..]);
    }

    /// <inheritdoc/>
    public override string ToString() => Schema.Length == 0 ? Name : $"{Schema}.{Name}";
}
