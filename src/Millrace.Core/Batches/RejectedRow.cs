using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Batches;

/// <summary>A row that cannot be loaded, with all that is needed to find it and to try it again.</summary>
/// <param name="Table">The target table (a source gives the dataset; the engine replaces it).</param>
/// <param name="Position">The row's place in the source, printable.</param>
/// <param name="Code">Why, as a code.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Raw">The masked row as JSON, or null where it cannot be shown (a corrupt document under a mask).</param>
public sealed record RejectedRow(TableId Table, string Position, ErrorCode Code, string Reason, string? Raw)
{
    /// <summary>Memory that the row holds, for in-flight accounting.</summary>
    internal long MemoryBytes => sizeof(char) * (long)(Position.Length + Reason.Length + (Raw?.Length ?? 0));
}
