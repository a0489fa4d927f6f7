using System.Collections.Immutable;
using Millrace.Connectors.Sql.Merging;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>The forms of statements and expressions. The defaults are those of PostgreSQL, which DuckDB shares.</summary>
internal abstract partial class SqlDialect
{
    /// <summary>True where INSERT … ON CONFLICT exists; else an upsert is UPDATE, then INSERT of what is missing.</summary>
    public virtual bool HasOnConflict => true;

    /// <summary>True where a whole row is a value that compares, and that a window function passes on.</summary>
    public virtual bool HasRowValues => true;

    /// <summary>True where an index's name counts within its table alone.</summary>
    public virtual bool NamesIndexesByTable => false;

    /// <summary>True where a column's type may change while an index covers it.</summary>
    public virtual bool RetypesIndexedColumns => true;

    /// <summary>The type of a name or a key's text in Millrace's own tables: compares by its bytes, and may be part of a primary key.</summary>
    public virtual string OrderedName => OrderedText;

    /// <summary>What stands before a primary key's columns.</summary>
    public virtual string PrimaryKey => "PRIMARY KEY";

    /// <summary>The aggregate that counts rows, in 64 bits.</summary>
    public virtual string CountRows => "count(*)";

    /// <summary>A condition that never holds.</summary>
    public virtual string Never => "FALSE";

    /// <summary>The type of a column of a table, where it says more than <see cref="TypeName"/>.</summary>
    public virtual string ColumnType(LogicalType type) => TypeName(type);

    /// <summary>A table that lives as long as its connection, quoted.</summary>
    public virtual string QuoteTemporary(string name) => Quote(name);

    /// <summary>The condition that a boolean value is true.</summary>
    public virtual string IsTrue(string expression) => expression;

    /// <summary>The condition that another is false or unknown.</summary>
    public virtual string IsNotTrue(string condition) => $"({condition}) IS NOT TRUE";

    /// <summary>A condition as a boolean value.</summary>
    public virtual string Flag(string condition) => condition;

    /// <summary>The condition that two values differ, nulls being equal.</summary>
    public virtual string IsDistinct(string left, string right) => $"{left} IS DISTINCT FROM {right}";

    /// <summary>The greater of two values that are not null.</summary>
    public virtual string Greatest(string left, string right) => $"greatest({left}, {right})";

    /// <summary>A value as text, different for different values.</summary>
    public virtual string Text(string expression, LogicalType type) => $"CAST({expression} AS text)";

    /// <summary>How long a text is, in a number that is the same for equal texts.</summary>
    public virtual string Length(string text) => $"length({text})";

    /// <summary>Texts one after the other.</summary>
    public virtual string Concat(params ReadOnlySpan<string> texts) => string.Join(" || ", texts);

    /// <summary>An instant as microseconds since 1970, a bigint.</summary>
    public virtual string EpochMicroseconds(string instant) => $"CAST(extract(epoch FROM {instant}) * 1000000 AS bigint)";

    /// <summary>The condition that an alias's columns are a row of a query whose columns have the same names.</summary>
    public virtual string In(string alias, ImmutableArray<string> columns, string query) => $"({KeySql.List(this, alias, columns)}) IN ({query})";

    /// <summary>A window: what follows OVER, and the clause that ends the SELECT.</summary>
    public virtual (string Name, string Clause) Window(string definition) => ("w", $"\nWINDOW w AS ({definition})");

    /// <summary>The first rows of a query.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="columns">What stands between SELECT and FROM.</param>
    /// <param name="rest">From FROM on.</param>
    public virtual string First(int rows, string columns, string rest) => $"SELECT {columns}\n{rest}\nLIMIT {Literal(rows)}";

    /// <summary>A table in FROM whose rows that are met, or would be, stay as they are until the transaction ends, where that has to be said there.</summary>
    public virtual string Locked(string table, string alias) => $"{table} AS {alias}";

    /// <summary>Deletes the rows of a table, under its alias, that meet rows of others.</summary>
    public virtual string DeleteUsing(string table, string alias, string others, string condition) =>
        $"""
        DELETE FROM {table} AS {alias}
        USING {others}
        WHERE {condition}
        """;

    /// <summary>Updates the rows of a table, under its alias, that meet rows of others.</summary>
    public virtual string UpdateFrom(string table, string alias, string sets, string others, string condition) =>
        $"""
        UPDATE {table} AS {alias}
        SET {sets}
        FROM {others}
        WHERE {condition}
        """;

    /// <summary>Rows of <see cref="Row"/> as what an INSERT takes.</summary>
    public virtual string Values(IReadOnlyList<string> columns, IEnumerable<string> rows) => $"VALUES {string.Join(",\n  ", rows)}";

    /// <summary>Inserts rows, or changes those whose key is there. Names are not quoted here; <paramref name="source"/> is a query or <see cref="Values"/>.</summary>
    public virtual string Upsert(
        string table, IReadOnlyList<string> columns, IReadOnlyList<string> key, IReadOnlyList<string> changed, string source) =>
        $"""
        INSERT INTO {table} ({string.Join(", ", columns)})
        {source}
        ON CONFLICT ({string.Join(", ", key)}) DO UPDATE
        SET {string.Join(", ", changed.Select(c => $"{c} = excluded.{c}"))}
        """;

    /// <summary>Makes a temporary table of a query.</summary>
    /// <param name="table">The table, quoted.</param>
    /// <param name="columns">What stands between SELECT and FROM.</param>
    /// <param name="rest">From FROM on.</param>
    public virtual string CreateTemporary(string table, string columns, string rest) =>
        $"""
        CREATE TEMP TABLE {table} AS
        SELECT {columns}
        {rest}
        """;

    /// <summary>Makes an empty stage, its columns nullable and without defaults.</summary>
    /// <param name="stage">The stage, quoted.</param>
    /// <param name="columns">What stands between SELECT and FROM.</param>
    /// <param name="target">The table that it takes its columns' types from, quoted.</param>
    /// <param name="alias">That table's alias.</param>
    public virtual string CreateStage(string stage, string columns, string target, string alias) =>
        $"""
        CREATE TEMP TABLE {stage} AS
        SELECT
        {columns}
        FROM {target} AS {alias}
        WITH NO DATA
        """;

    /// <summary>Adds a column.</summary>
    public virtual string AddColumn(string table, string column, string type) => $"ALTER TABLE {table} ADD COLUMN {column} {type}";

    /// <summary>Adds a column where it is missing.</summary>
    public virtual string AddMissingColumn(TableId table, string column, string type) =>
        $"ALTER TABLE {Quote(table)} ADD COLUMN IF NOT EXISTS {column} {type}";

    /// <summary>Makes a table where it is missing.</summary>
    public virtual string CreateMissingTable(TableId table, string columns) => $"CREATE TABLE IF NOT EXISTS {Quote(table)} (\n{columns})";

    /// <summary>A query that has a row where there is a schema of this name.</summary>
    public virtual string SchemaQuery(string schema) => $"SELECT 1 FROM information_schema.schemata WHERE schema_name = {Literal(schema)}";

    /// <summary>Makes a schema.</summary>
    public virtual string CreateSchema(string schema) => $"CREATE SCHEMA IF NOT EXISTS {Quote(schema)}";

    /// <summary>A query for those of some tables that are there.</summary>
    public virtual string TablesQuery(string schema, IEnumerable<string> tables)
    {
        string column = Naming.IgnoresCase ? "lower(table_schema)" : "table_schema";
        string wanted = Literal(schema);
        return $"""
            SELECT table_name
            FROM information_schema.tables
            WHERE table_catalog = current_database() AND {column} = {(Naming.IgnoresCase ? $"lower({wanted})" : wanted)}
              AND table_name IN ({string.Join(", ", tables.Select(Literal))})
            """;
    }

    /// <summary>Drops an index where it is there.</summary>
    public virtual string DropIndex(TableId table, string index) => $"DROP INDEX IF EXISTS {Quote(table with { Name = index })}";

    /// <summary>Gives a table another name in its schema.</summary>
    public virtual string RenameTable(TableId table, string name) => $"ALTER TABLE {Quote(table)} RENAME TO {Quote(name)}";
}
