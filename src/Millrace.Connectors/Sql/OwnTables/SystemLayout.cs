using System.Collections.Immutable;

namespace Millrace.Connectors.Sql.OwnTables;

/// <summary>
/// The version of Millrace's own tables and the steps that lead to it. The version stands in <c>_millrace_layout</c>; a store without that table is
/// of version 0.
/// </summary>
/// <param name="Steps">
/// The statements that lead from version <c>i</c> to <c>i + 1</c>, at index <c>i</c>; empty where only the number changes. They run after missing tables
/// were made in the newest shape, so each must do no harm to one that has it (<c>ADD COLUMN IF NOT EXISTS</c>).
/// </param>
internal sealed record SystemLayout(ImmutableArray<Func<SystemTables, string>> Steps)
{
    /// <summary>The version from which on quarantined rows have their generation.</summary>
    public const int QuarantineGeneration = 2;

    /// <summary>What this program writes. Version 1 is version 0 with its number beside it, version 3 has the table of steps.</summary>
    public static SystemLayout Current { get; } = new([_ => "", s => s.AddColumn(SystemTables.QuarantineName, "generation", "integer"), _ => ""]);

    /// <summary>The version that this program knows.</summary>
    public int Version => Steps.Length;
}
