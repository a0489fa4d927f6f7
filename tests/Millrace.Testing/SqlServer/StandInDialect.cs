using Millrace.Connectors.SqlServer;
using Millrace.Core.Schemas;

namespace Millrace.Testing.SqlServer;

/// <summary>
/// The product's dialect for a server without bulk copy into temporary tables (stages are ordinary tables that are dropped in the end) and whose indexes do
/// not follow their table to another name.
/// </summary>
internal sealed class StandInDialect : SqlServerDialect
{
    public static new readonly StandInDialect Instance = new();

    // Two connections of one test may stage at once.
    private readonly string _prefix = $"stage_{Environment.ProcessId}_";

    /// <inheritdoc/>
    public override string QuoteTemporary(string name) => Quote(_prefix + name);

    /// <inheritdoc/>
    /// <remarks>An index would keep the name that it has within the server by its table's former one, and the next table of that name could have none.</remarks>
    public override string RenameTable(TableId table, string name) => $"{DropIndex(table, "millrace_key")}; {base.RenameTable(table, name)}";
}
