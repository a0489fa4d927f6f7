using Millrace.Connectors.Sql.Steps;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>Reads the lineage of an engine's scripts.</summary>
/// <param name="syntax">How its scripts are read.</param>
/// <param name="defaultSchema">The schema of tables that name none.</param>
/// <param name="ignoresCase">True where names that differ in case alone are one.</param>
internal sealed class SqlLineageReader(ScriptSyntax syntax, string defaultSchema, bool ignoresCase) : ISqlLineageReader
{
    private readonly ScriptSyntax _syntax = syntax with { Marker = static (place, _) => FormattableString.Invariant($"${place}") };

    /// <inheritdoc/>
    public bool IgnoresCase => ignoresCase;

    /// <inheritdoc/>
    public TableId Resolve(TableId table) => table.Schema.Length == 0 ? table with { Schema = defaultSchema } : table;

    /// <inheritdoc/>
    public SqlLineage Read(string script, IReadOnlySet<string> parameters, Func<TableId, IReadOnlyList<string>?> columnsOf)
    {
        ArgumentNullException.ThrowIfNull(script);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(columnsOf);
        var context = new ScriptContext(_syntax, defaultSchema, ignoresCase, columnsOf);
        var flows = new FlowBuilder(context);
        foreach (ScriptStatement statement in SqlScript.Parse(script, _syntax, parameters))
        {
            context.Line = statement.Line;
            int edges = flows.Count;
            try
            {
                new StatementReader(context, flows).Read(SqlTokenizer.Read(statement.Text, _syntax));
            }
            catch (UnreadableSqlException unreadable)
            {
                flows.Undo(edges);
                context.Note($"cannot tell: {unreadable.Message}");
            }
        }

        return flows.Build();
    }
}
