using System.Collections.Immutable;
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
    TaskDefinition Task, TableId Target, NamingRule Naming, Func<LogicalType, LogicalType?> Fit, Func<TableId, ValueTask<TargetTable?>> Existing)
{
    /// <summary>
    /// Child tables of the target that earlier runs made. A parent that lost its array, or that was deleted, has its children removed only
    /// from child tables that are named here or were met in this run.
    /// </summary>
    public ImmutableArray<TableId> ChildTables { get; init; } = [];

    /// <summary>
    /// Takes a table for an array of this dataset; false where it is another dataset's, which is so for every table that a dataset of the task
    /// goes to. Null where there is only this dataset.
    /// </summary>
    public Func<TableId, bool>? TryClaim { get; init; }

    /// <summary>The destination's <see cref="IDestination.MaxKeyBytes"/>.</summary>
    public int? MaxKeyBytes { get; init; }

    /// <summary>
    /// What the source's sample says of the dataset (<see cref="ISource.DescribeAsync"/>): it decides which of a field's types gets the plain
    /// column name. Null: the first value decides.
    /// </summary>
    public TableSchema? Sample { get; init; }
}
