using System.Collections.Immutable;
using Millrace.Connectors.Sql.Steps;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Lineage;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Lineage;

/// <summary>What is known while a script is read: how names compare, tables that it has made so far, and what could not be told.</summary>
/// <param name="syntax">How scripts are read.</param>
/// <param name="defaultSchema">The schema of tables that name none.</param>
/// <param name="ignoresCase">True where names in any case are one; else those without quotes are in small letters.</param>
/// <param name="columnsOf">Columns that are known from elsewhere.</param>
internal sealed class ScriptContext(ScriptSyntax syntax, string defaultSchema, bool ignoresCase, Func<TableId, IReadOnlyList<string>?> columnsOf)
{
    private readonly Dictionary<TableId, List<string>> _made = new(new TableIdComparer(ignoresCase));

    /// <summary>How scripts are read.</summary>
    public ScriptSyntax Syntax => syntax;

    /// <summary>How names compare.</summary>
    public StringComparer Names { get; } = ignoresCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>Temporary tables and views, which only this script sees.</summary>
    public Dictionary<string, Relation> Temporary { get; } = new(ignoresCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    /// <summary>What could not be told.</summary>
    public List<SqlLineageNote> Notes { get; } = [];

    /// <summary>The line of the statement that is read.</summary>
    public int Line { get; set; }

    /// <summary>Tables that the script makes, with their columns.</summary>
    public IReadOnlyDictionary<TableId, List<string>> Made => _made;

    /// <summary>Says that something cannot be told.</summary>
    public void Note(string text)
    {
        var note = new SqlLineageNote(Line, text);
        if (!Notes.Contains(note))
        {
            Notes.Add(note);
        }
    }

    /// <summary>A name as it compares.</summary>
    public string Fold(SqlToken name) => name.Kind == SqlTokenKind.Word && !ignoresCase ? name.Text.ToLowerInvariant() : name.Text;

    /// <summary>The table of a name; what stands before schema and name is part of the schema.</summary>
    public TableId TableOf(ImmutableArray<SqlToken> name) => name.Length == 1
        ? new(defaultSchema, Fold(name[0]))
        : new(string.Join('.', name[..^1].Select(Fold)), Fold(name[^1]));

    /// <summary>Notes the columns of a table that the script makes.</summary>
    public void SetColumns(TableId table, IEnumerable<string> columns) => _made[table] = [.. columns];

    /// <summary>A table as a relation, its columns as far as they are known.</summary>
    public Relation RelationOf(TableId table, string alias)
    {
        IReadOnlyList<string>? columns = _made.GetValueOrDefault(table) ?? columnsOf(table);
        var relation = new Relation(Names) { Alias = alias, Table = table, IsOpen = columns is null || columns.Contains("*") };
        relation.Uses.Data.Add(table);
        relation.Columns.AddRange((columns ?? []).Where(c => c != "*")
            .Select(c => new OutputColumn(c, [new(new(table, c), LineageKind.Copied, false)])));
        return relation;
    }

    /// <summary>The columns of a table in their order; null where not all are known.</summary>
    public IReadOnlyList<string>? ColumnsOf(TableId table)
    {
        IReadOnlyList<string>? columns = _made.GetValueOrDefault(table) ?? columnsOf(table);
        return columns is null || columns.Contains("*") ? null : columns;
    }

    private sealed class TableIdComparer(bool ignoresCase) : IEqualityComparer<TableId>
    {
        private readonly StringComparer _names = ignoresCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

        public bool Equals(TableId x, TableId y) => _names.Equals(x.Schema, y.Schema) && _names.Equals(x.Name, y.Name);

        public int GetHashCode(TableId obj) => HashCode.Combine(_names.GetHashCode(obj.Schema), _names.GetHashCode(obj.Name));
    }
}
