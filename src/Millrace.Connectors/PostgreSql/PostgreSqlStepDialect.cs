using Millrace.Connectors.Sql.Steps;
using Millrace.Core.Errors;
using Npgsql;

namespace Millrace.Connectors.PostgreSql;

/// <summary>PostgreSQL's scripts and procedures.</summary>
internal sealed class PostgreSqlStepDialect : StepDialect
{
    private PostgreSqlStepDialect()
    {
    }

    /// <summary>The one instance.</summary>
    public static PostgreSqlStepDialect Instance { get; } = new();

    /// <inheritdoc/>
    public override ScriptSyntax Syntax { get; } = new("PostgreSQL")
    {
        HasDollarQuotes = true,
        HasEscapeStrings = true,
    };

    /// <summary>What users say is heard, and what suits the merge's statements alone is as the server has it.</summary>
    public override string SessionSettings =>
        "SET client_min_messages = notice; RESET jit; RESET random_page_cost; RESET default_statistics_target";

    /// <inheritdoc/>
    public override string Text => "text";

    /// <inheritdoc/>
    public override string ValueAndType(string query) => $"SELECT v::text, format_type(pg_typeof(v), -1) FROM (\n{query}\n) AS q(v)";

    /// <inheritdoc/>
    public override string Call(string procedure, IEnumerable<(string Name, string Marker)> arguments) =>
        $"CALL {procedure}({string.Join(", ", arguments.Select(a => $"{PostgreSqlDialect.Instance.Quote(a.Name)} => {a.Marker}"))})";

    /// <summary>Npgsql parts a text at its semicolons and does not know the body of a function in standard SQL; a dollar-quoted text it leaves whole.</summary>
    public override string Whole(string statement)
    {
        string mark = "_millrace";
        while (statement.Contains(mark, StringComparison.Ordinal))
        {
            mark += "_";
        }

        return $"DO $do{mark}$ BEGIN EXECUTE ${mark}${statement}${mark}$; END $do{mark}$";
    }

    /// <inheritdoc/>
    public override int LinesBefore(MillraceException error, string statement) =>
        error.InnerException is PostgresException { Position: > 0 and int position } && position <= statement.Length
            ? statement.AsSpan(0, position - 1).Count('\n')
            : 0;
}
