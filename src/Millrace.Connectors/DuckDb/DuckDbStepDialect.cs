using Millrace.Connectors.Sql.Steps;
using Millrace.Core.Errors;

namespace Millrace.Connectors.DuckDb;

/// <summary>DuckDB's scripts. It has macros, but no procedures.</summary>
internal sealed class DuckDbStepDialect : StepDialect
{
    private DuckDbStepDialect()
    {
    }

    /// <summary>The one instance.</summary>
    public static DuckDbStepDialect Instance { get; } = new();

    /// <inheritdoc/>
    public override ScriptSyntax Syntax { get; } = new("DuckDB")
    {
        HasDollarQuotes = true,
        HasEscapeStrings = true,
    };

    /// <inheritdoc/>
    public override string Text => "VARCHAR";

    /// <inheritdoc/>
    public override string ValueAndType(string query) => $"SELECT CAST(v AS VARCHAR), typeof(v) FROM (\n{query}\n) AS q(v)";

    /// <inheritdoc/>
    public override string Call(string procedure, IEnumerable<(string Name, string Marker)> arguments) => throw new MillraceException(
        ErrorCodes.NoProcedures, $"DuckDB has no stored procedures, so {procedure} cannot be called.", "Write the step as a script: run: { script: sql/step.sql }.");
}
