using Millrace.Core.Batches;
using Millrace.Core.Contracts;

namespace Millrace.Core.Engine.Shaping;

/// <summary>Rows of one target table, and the table's definition where it differs from before.</summary>
/// <param name="Table">How the table is written; its schema is the whole target schema.</param>
/// <param name="Changed">True where the destination must evolve (or create) the table before the rows.</param>
/// <param name="Rows">
/// The rows: the columns that this batch has values for, by target name, a subset of the table's (a column left out is null in every
/// row); null where there are none. Owned by the receiver.
/// </param>
public sealed record ShapedStep(TableWrite Table, bool Changed, RecordBatch? Rows);
