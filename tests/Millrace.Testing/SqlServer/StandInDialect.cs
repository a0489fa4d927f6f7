using Millrace.Connectors.SqlServer;

namespace Millrace.Testing.SqlServer;

/// <summary>The product's dialect for a server without bulk copy into temporary tables: stages are ordinary tables that are dropped in the end.</summary>
internal sealed class StandInDialect : SqlServerDialect
{
    public static new readonly StandInDialect Instance = new();

    // Two connections of one test may stage at once.
    private readonly string _prefix = $"stage_{Environment.ProcessId}_";

    /// <inheritdoc/>
    public override string QuoteTemporary(string name) => Quote(_prefix + name);
}
