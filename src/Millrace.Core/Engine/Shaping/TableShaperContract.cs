using System.Collections.Immutable;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>What a shaper is made from; one shaper serves one dataset of one run.</summary>
/// <param name="Task">The task: mappings, contract, nested mode, key, disposition.</param>
/// <param name="Target">The target table.</param>
/// <param name="Naming">The destination's naming rule.</param>
/// <param name="Fit">The destination's <see cref="IDestination.Fit"/>.</param>
/// <param name="Existing">Describes a target table as it is now (also child tables), null where it does not exist. Called once a table.</param>
public sealed record ShaperSettings(
    TaskDefinition Task, TableId Target, NamingRule Naming, Func<LogicalType, LogicalType?> Fit, Func<TableId, ValueTask<TargetTable?>> Existing);

/// <summary>What shaping made of one batch, in the order in which it must be written.</summary>
/// <param name="Steps">First the table changes and then the rows of each target table (child tables after their parent).</param>
/// <param name="Rejected">Rows for quarantine, masked.</param>
/// <param name="DiscardedRows">Rows left out by the contract.</param>
/// <param name="DiscardedValues">Values left out by the contract.</param>
/// <param name="NewColumns">Columns that the table did not have, as <c>table.column type</c>.</param>
public sealed record ShapedBatch(
    ImmutableArray<ShapedStep> Steps,
    ImmutableArray<RejectedRow> Rejected,
    long DiscardedRows,
    long DiscardedValues,
    ImmutableArray<string> NewColumns);

/// <summary>Rows of one target table, and the table's definition where it differs from before.</summary>
/// <param name="Table">How the table is written; its schema is the whole target schema.</param>
/// <param name="Changed">True where the destination must evolve (or create) the table before the rows.</param>
/// <param name="Rows">The rows: the columns that this batch has values for, by target name, a subset of the table's; null where there are none.</param>
public sealed record ShapedStep(TableWrite Table, bool Changed, RecordBatch? Rows);
