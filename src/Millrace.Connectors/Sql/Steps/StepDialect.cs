using System.Globalization;
using Millrace.Core.Errors;

namespace Millrace.Connectors.Sql.Steps;

/// <summary>What engines differ in when they run the SQL that users write. Stateless.</summary>
internal abstract class StepDialect
{
    /// <summary>How scripts are read.</summary>
    public abstract ScriptSyntax Syntax { get; }

    /// <summary>Statements that a session wants before a step, or an empty text.</summary>
    public virtual string SessionSettings => "";

    /// <summary>The name of a text type, for values on their way in and out.</summary>
    public abstract string Text { get; }

    /// <summary>A query around a user's, which has one value: the value as text, and the name of its type.</summary>
    public abstract string ValueAndType(string query);

    /// <summary>An expression of a date or timestamp, so much earlier.</summary>
    public virtual string Earlier(string expression, TimeSpan time) =>
        $"{expression} - INTERVAL '{time.TotalSeconds.ToString("0.######", CultureInfo.InvariantCulture)} seconds'";

    /// <summary>The statement that calls a procedure with arguments by name.</summary>
    /// <param name="procedure">The procedure as SQL writes it.</param>
    /// <param name="arguments">Names and markers.</param>
    /// <exception cref="MillraceException">MR1232: the engine has none.</exception>
    public abstract string Call(string procedure, IEnumerable<(string Name, string Marker)> arguments);

    /// <summary>A statement that holds others, as it is sent: a driver may part it at their semicolons.</summary>
    public virtual string Whole(string statement) => statement;

    /// <summary>Lines of the statement before the place that an error names; 0 where it names none.</summary>
    public virtual int LinesBefore(MillraceException error, string statement) => 0;
}
