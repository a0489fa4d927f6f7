using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Millrace.Connectors.Sql.Merging;
using Millrace.Connectors.Sql.OwnTables;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>
/// How one engine writes SQL: quoting, literals, type names and the few expressions in which engines differ. Stateless. Everything else in
/// this room is text that all of them run. What PostgreSQL and DuckDB write alike is the default of the second part,
/// <c>SqlDialect.Statements.cs</c>.
/// </summary>
internal abstract partial class SqlDialect
{
    /// <summary>Lengths and case of identifiers.</summary>
    public abstract NamingRule Naming { get; }

    /// <summary>
    /// True where a unique index on the key stands behind every merged table and an upsert is INSERT … ON CONFLICT (PostgreSQL); false
    /// where a merge is DELETE and INSERT without an index (DuckDB, where
    /// that was measured to be 2.5 to 10 times faster than ON CONFLICT or MERGE unless keys are clustered).
    /// </summary>
    public abstract bool UsesKeyIndex { get; }

    /// <summary>
    /// True where a transaction may change rows of a table that were committed before it, and then alter the table. DuckDB fails such a transaction
    /// at its commit.
    /// </summary>
    public virtual bool AltersChangedTables => true;

    /// <summary>
    /// The pseudo-column that grows with each row written to a fresh table: <c>ctid</c>, <c>rowid</c>; empty where there is none, and rows that have
    /// a key are then always staged.
    /// </summary>
    public abstract string InsertionOrder { get; }

    /// <summary>The type of a position column: text that compares by its bytes.</summary>
    public abstract string OrderedText { get; }

    /// <summary>Statements that must run before <see cref="SystemTables.Create"/>, such as a sequence; or an empty text.</summary>
    public virtual string BeforeSystemTables(string schema) => "";

    /// <summary>The definition, after its name, of a bigint column that numbers rows by itself.</summary>
    /// <param name="schema">The schema of Millrace's own tables.</param>
    /// <param name="sequence">The name of a sequence, where the engine needs one.</param>
    public abstract string Identity(string schema, string sequence);

    /// <summary>The type that holds every value of <paramref name="type"/>, or null: see <see cref="Core.Contracts.IDestination.Fit"/>.</summary>
    public abstract LogicalType? Fit(LogicalType type);

    /// <summary>The engine's name of a type that <see cref="Fit"/> returned.</summary>
    public abstract string TypeName(LogicalType type);

    /// <summary>The logical type of a column that Millrace did not make, by the name <see cref="ColumnsQuery"/> gives its type.</summary>
    public abstract LogicalType FromCatalog(string typeName);

    /// <summary>
    /// A query for a table's columns in order: name and type name, and where the engine has such columns, whether it fills the column itself and the
    /// longest value in bytes (0: no bound). No rows where there is no table.
    /// </summary>
    public abstract string ColumnsQuery(TableId table);

    /// <summary>True where what <see cref="ColumnsQuery"/> calls a type is a type in SQL, too.</summary>
    public virtual bool CatalogNamesTypes => true;

    /// <summary>The marker of a bound value by its place, from 1; its name is <c>p</c> and the place.</summary>
    public virtual string Marker(int place) => "$" + place.ToString(CultureInfo.InvariantCulture);

    /// <summary>An expression of <paramref name="to"/> over one of <paramref name="from"/>, for a widening.</summary>
    public abstract string Convert(string expression, LogicalType from, LogicalType to);

    /// <summary>Changes a column's type in place, its values converted.</summary>
    /// <param name="table">The table, quoted.</param>
    /// <param name="column">The column, not quoted.</param>
    /// <param name="from">The type that it has.</param>
    /// <param name="to">The wider type.</param>
    public virtual string AlterType(string table, string column, LogicalType from, LogicalType to) =>
        $"ALTER TABLE {table} ALTER COLUMN {Quote(column)} TYPE {TypeName(to)} USING {Convert(Quote(column), from, to)}";

    /// <summary>The condition that two row values differ in any byte that is stored, nulls being equal; only where <see cref="HasRowValues"/>.</summary>
    public abstract string Differs(string leftRow, string rightRow);

    /// <summary>The same of two aliases' columns.</summary>
    public virtual string Differs(string left, string right, IReadOnlyList<StoredColumn> columns) => Differs(
        $"ROW({KeySql.List(this, left, columns.Select(c => c.Name))})", $"ROW({KeySql.List(this, right, columns.Select(c => c.Name))})");

    /// <summary>
    /// True where a window's last value may pass over nulls and values pack into a struct (DuckDB). One sort of the stage then finds what fills
    /// every column of a partial row; otherwise each column that some rows leave unset sorts it once more.
    /// </summary>
    public virtual bool PacksValues => false;

    /// <summary>A statement that a freshly staged table wants before it is joined by its key, or an empty text.</summary>
    public virtual string Analyze(string table, ImmutableArray<string> key) => "";

    /// <summary>
    /// A query that has rows where something hangs on a table that a drop would break or lose (views, foreign keys, triggers, indexes other than
    /// <paramref name="keyIndex"/>), or an empty text where nothing can.
    /// </summary>
    public virtual string DependentsQuery(TableId table, string? keyIndex) => "";

    /// <summary>A query whose rows are the GRANT statements that give a table's privileges again, or an empty text.</summary>
    public virtual string GrantsQuery(TableId table) => "";

    /// <summary>A query that has a row where the table has one.</summary>
    public string AnyRow(TableId table) => First(1, "1", $"FROM {Quote(table)}");

    /// <summary>A query that has a row where rows may go straight into a table: it is empty, and <see cref="InsertionOrder"/> will grow.</summary>
    public virtual string IsFreshQuery(TableId table) => $"SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM {Quote(table)})";

    /// <summary>A statement that keeps other writers off a table until the transaction ends, or an empty text.</summary>
    public virtual string LockTable(TableId table) => "";

    /// <summary>What follows a SELECT that locks the rows that it reads.</summary>
    public virtual string ForUpdate => "";

    /// <summary>The type of a key column in a table that Millrace makes; text keys may compare by their bytes here, which sorts faster.</summary>
    public virtual string KeyColumnType(LogicalType type) => TypeName(type);

    /// <summary>An identifier, quoted whatever it holds.</summary>
    public virtual string Quote(string identifier)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        return '"' + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
    }

    /// <summary>A column of an alias, quoted.</summary>
    public string Quote(string alias, string column) => alias + "." + Quote(column);

    /// <summary>A table with its schema, quoted.</summary>
    public string Quote(TableId table) => Quote(table.Schema) + "." + Quote(table.Name);

    /// <summary>A text literal; null gives NULL. A NUL character, which no engine's text holds, is written as U+FFFD.</summary>
    public virtual string Literal(string? text) => text is null
        ? "NULL"
        : "'" + text.Replace('\0', '\uFFFD').Replace("'", "''", StringComparison.Ordinal) + "'";

    /// <summary>A number.</summary>
    public virtual string Literal(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>True or false.</summary>
    public virtual string Literal(bool value) => value ? "TRUE" : "FALSE";

    /// <summary>Values as a row of VALUES: texts, integers, booleans, instants and nulls.</summary>
    public string Row(params ReadOnlySpan<object?> values)
    {
        var row = new StringBuilder("(");
        foreach (object? value in values)
        {
            row.Append(row.Length == 1 ? "" : ", ").Append(value switch
            {
                null => "NULL",
                string text => Literal(text),
                bool flag => Literal(flag),
                int number => Literal(number),
                long number => Literal(number),
                DateTimeOffset instant => Literal(instant),
                _ => throw new ArgumentException($"There is no literal for a {value.GetType()}.", nameof(values)),
            });
        }

        return row.Append(')').ToString();
    }

    /// <summary>An instant, to the microsecond.</summary>
    public virtual string Literal(DateTimeOffset instant) =>
        $"CAST('{instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}+00' AS {TypeName(LogicalType.TimestampUtc())})";
}
