using Millrace.Core.Schemas;

namespace Millrace.Core.Contracts.SqlSteps;

/// <summary>Tells from the text of SQL which tables and columns it reads and writes. Runs nothing and connects to nothing. Threads may share one.</summary>
public interface ISqlLineageReader
{
    /// <summary>True where names differ in case alone are one name.</summary>
    bool IgnoresCase { get; }

    /// <summary>A table with the schema that one without a schema has.</summary>
    TableId Resolve(TableId table);

    /// <summary>Reads a script. What it cannot tell is a note, or an edge that is uncertain; it never guesses and never throws for what stands in a script.</summary>
    /// <param name="script">The script's text.</param>
    /// <param name="parameters">The names that stand for values where they follow a colon.</param>
    /// <param name="columnsOf">The columns of a table as far as they are known, in their order; null where nothing is known of it.</param>
    SqlLineage Read(string script, IReadOnlySet<string> parameters, Func<TableId, IReadOnlyList<string>?> columnsOf);
}
