using Millrace.Core.Schemas;

namespace Millrace.Core.Contracts;

/// <summary>Optional: says where the rows of a target table came from.</summary>
public interface ITableOrigins
{
    /// <summary>The table's rows by the run that wrote them, oldest run first; empty where there is no such table. Reads the whole table.</summary>
    ValueTask<IReadOnlyList<TableOrigin>> OriginsAsync(TableId table, CancellationToken cancellationToken);
}

/// <summary>The rows of one table that one run wrote and no later run has written since.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Rows">Rows, those marked as deleted counted.</param>
/// <param name="Deleted">Rows that are marked as deleted.</param>
/// <param name="LastPosition">The highest position among them, or null where rows carry none.</param>
public sealed record TableOrigin(long RunId, long Rows, long Deleted, string? LastPosition);
