using Millrace.Core.Schemas;

namespace Millrace.Core.Contracts;

/// <summary>
/// The checkpoint <c>#table:SCHEMA/NAME</c> that stands beside a task's positions: the task has brought rows to that table. A table that is gone
/// is noticed by it, and a table that two tasks would write.
/// </summary>
public static class TableMarker
{
    private const string Prefix = "#table:";

    /// <summary>The marker's partition.</summary>
    /// <param name="table">The target table, its schema as the task gives it (empty for the connection's default).</param>
    // A table's name may hold dots, so the schema stands apart from it.
    public static string PartitionOf(TableId table) => $"{Prefix}{Uri.EscapeDataString(table.Schema)}/{table.Name}";

    /// <summary>The table that a marker is of; null for any other partition.</summary>
    public static TableId? TableOf(string partition)
    {
        ArgumentNullException.ThrowIfNull(partition);
        if (!partition.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        string[] parts = partition[Prefix.Length..].Split('/', 2);
        return new TableId(Uri.UnescapeDataString(parts[0]), parts[^1]);
    }
}
