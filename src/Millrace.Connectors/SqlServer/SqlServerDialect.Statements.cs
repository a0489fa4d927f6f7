using System.Collections.Immutable;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Merging;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.SqlServer;

/// <summary>
/// T-SQL's forms of statements. Nothing here is a MERGE: see docs/adr/0010. Rows that are met, or would be, are locked with their key's range
/// (UPDLOCK, HOLDLOCK) by the first statement that looks at them.
/// </summary>
internal partial class SqlServerDialect
{
    /// <inheritdoc/>
    public override bool HasOnConflict => false;

    /// <inheritdoc/>
    public override bool HasRowValues => false;

    /// <inheritdoc/>
    public override bool NamesIndexesByTable => true;

    /// <inheritdoc/>
    public override bool RetypesIndexedColumns => false;

    /// <inheritdoc/>
    public override string CountRows => "count_big(*)";

    /// <inheritdoc/>
    public override string Never => "1 = 0";

    /// <inheritdoc/>
    public override string QuoteTemporary(string name) => Quote("#" + name);

    /// <inheritdoc/>
    public override string IsTrue(string expression) => expression + " = 1";

    /// <inheritdoc/>
    public override string IsNotTrue(string condition) => $"CASE WHEN ({condition}) THEN 1 ELSE 0 END = 0";

    /// <inheritdoc/>
    public override string Flag(string condition) => $"CAST(CASE WHEN {condition} THEN 1 ELSE 0 END AS bit)";

    /// <inheritdoc/>
    public override string IsDistinct(string left, string right) => $"NOT EXISTS (SELECT {left} INTERSECT SELECT {right})";

    /// <inheritdoc/>
    public override string Differs(string leftRow, string rightRow) => throw new NotSupportedException("T-SQL has no row values.");

    /// <inheritdoc/>
    /// <remarks>INTERSECT takes nulls for equal. Texts compare by their bytes: a collation may ignore case, and every one ignores blanks at the end.</remarks>
    public override string Differs(string left, string right, IReadOnlyList<StoredColumn> columns) =>
        IsDistinct(string.Join(", ", columns.Select(c => Stored(left, c))), string.Join(", ", columns.Select(c => Stored(right, c))));

    /// <inheritdoc/>
    public override string Greatest(string left, string right) => $"CASE WHEN {left} > {right} THEN {left} ELSE {right} END";

    /// <inheritdoc/>
    /// <remarks>Floats with all 17 digits (style 3), bytes in hex (style 1), dates as ISO 8601 (style 126), UUIDs in small letters as elsewhere.</remarks>
    public override string Text(string expression, LogicalType type) => type.Kind switch
    {
        TypeKind.Float32 or TypeKind.Float64 => $"CONVERT(nvarchar(40), {expression}, 3)",
        TypeKind.Bytes => $"CONVERT(nvarchar(max), {expression}, 1)",
        TypeKind.Uuid => $"LOWER(CAST({expression} AS nvarchar(36)))",
        TypeKind.Date or TypeKind.Timestamp => $"CONVERT(nvarchar(40), {expression}, 126)",
        TypeKind.Text or TypeKind.Json => $"CAST({expression} AS nvarchar(max)) {SqlServerTypes.ByteOrder}",
        _ => $"CAST({expression} AS nvarchar(60))",
    };

    /// <inheritdoc/>
    /// <remarks>LEN leaves blanks at the end out.</remarks>
    public override string Length(string text) => $"DATALENGTH({text})";

    /// <inheritdoc/>
    public override string Concat(params ReadOnlySpan<string> texts) => string.Join(" + ", texts);

    /// <inheritdoc/>
    public override string EpochMicroseconds(string instant) =>
        $"DATEDIFF_BIG(microsecond, {Literal(DateTimeOffset.UnixEpoch)}, {instant})";

    /// <inheritdoc/>
    public override string In(string alias, ImmutableArray<string> columns, string query) =>
        $"EXISTS (SELECT 1 FROM ({query}) AS among WHERE {KeySql.Match(this, "among", alias, columns)})";

    /// <inheritdoc/>
    /// <remarks>The WINDOW clause came with SQL Server 2022.</remarks>
    public override (string Name, string Clause) Window(string definition) => ($"({definition})", "");

    /// <inheritdoc/>
    public override string First(int rows, string columns, string rest) => $"SELECT TOP ({Literal(rows)}) {columns}\n{rest}";

    /// <inheritdoc/>
    public override string Locked(string table, string alias) => $"{table} AS {alias} WITH (UPDLOCK, HOLDLOCK)";

    /// <inheritdoc/>
    public override string DeleteUsing(string table, string alias, string others, string condition) =>
        $"""
        DELETE {alias}
        FROM {Written(table, alias)}, {others}
        WHERE {condition}
        """;

    /// <inheritdoc/>
    public override string UpdateFrom(string table, string alias, string sets, string others, string condition) =>
        $"""
        UPDATE {alias}
        SET {sets}
        FROM {Written(table, alias)}, {others}
        WHERE {condition}
        """;

    /// <inheritdoc/>
    /// <remarks>VALUES of an INSERT takes 1,000 rows at most, as a table in FROM it takes any number.</remarks>
    public override string Values(IReadOnlyList<string> columns, IEnumerable<string> rows)
    {
        string names = string.Join(", ", columns);
        return $"""
            SELECT {names}
            FROM (VALUES
              {string.Join(",\n  ", rows)}) AS given ({names})
            """;
    }

    /// <inheritdoc/>
    public override string Upsert(
        string table, IReadOnlyList<string> columns, IReadOnlyList<string> key, IReadOnlyList<string> changed, string source)
    {
        string match = string.Join(" AND ", key.Select(k => $"t.{k} = n.{k}"));
        return $"""
            {UpdateFrom(table, "t", string.Join(", ", changed.Select(c => $"{c} = n.{c}")), $"(\n{source}) AS n", match)};
            INSERT INTO {table} ({string.Join(", ", columns)})
            SELECT {string.Join(", ", columns.Select(c => "n." + c))}
            FROM (
            {source}) AS n
            WHERE NOT EXISTS (SELECT 1 FROM {Locked(table, "t")} WHERE {match})
            """;
    }

    /// <inheritdoc/>
    public override string CreateTemporary(string table, string columns, string rest) =>
        $"""
        SELECT {columns}
        INTO {table}
        {rest}
        """;

    /// <inheritdoc/>
    /// <remarks>The outer join makes the columns nullable, and keeps identity from being inherited.</remarks>
    public override string CreateStage(string stage, string columns, string target, string alias) =>
        $"""
        SELECT
        {columns}
        INTO {stage}
        FROM (SELECT 1 AS one) AS nothing
        LEFT JOIN {target} AS {alias} ON 1 = 0
        WHERE 1 = 0
        """;

    /// <inheritdoc/>
    public override string AddColumn(string table, string column, string type) => $"ALTER TABLE {table} ADD {column} {type} NULL";

    /// <inheritdoc/>
    public override string AddMissingColumn(TableId table, string column, string type) =>
        $"IF NOT EXISTS (SELECT 1 FROM sys.columns WHERE object_id = {ObjectId(table)} AND name = {Literal(column)}) ALTER TABLE {Quote(table)} ADD {column} {type} NULL";

    /// <inheritdoc/>
    public override string CreateMissingTable(TableId table, string columns) =>
        $"IF {ObjectId(table)} IS NULL CREATE TABLE {Quote(table)} (\n{columns})";

    /// <inheritdoc/>
    public override string SchemaQuery(string schema) => $"SELECT 1 FROM sys.schemas WHERE name = {Literal(schema)}";

    /// <inheritdoc/>
    public override string CreateSchema(string schema) => $"CREATE SCHEMA {Quote(schema)}";

    /// <inheritdoc/>
    public override string TablesQuery(string schema, IEnumerable<string> tables) =>
        $"""
        SELECT t.name
        FROM sys.tables AS t
        JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        WHERE s.name = {Literal(schema)} AND t.name IN ({string.Join(", ", tables.Select(Literal))})
        """;

    /// <inheritdoc/>
    public override string DropIndex(TableId table, string index) => $"DROP INDEX IF EXISTS {Quote(index)} ON {Quote(table)}";

    /// <inheritdoc/>
    public override string RenameTable(TableId table, string name) =>
        $"EXEC sp_rename {Literal($"{Bracketed(table.Schema)}.{Bracketed(table.Name)}")}, {Literal(name)}, N'OBJECT'";

    // sp_rename takes a name apart by itself.
    private static string Bracketed(string name) => "[" + name.Replace("]", "]]", StringComparison.Ordinal) + "]";

    // A stage is this connection's alone, and needs no locks.
    private string Written(string table, string alias) => table.StartsWith(Quote("#")[..2], StringComparison.Ordinal) ? $"{table} AS {alias}" : Locked(table, alias);

    private string Stored(string alias, StoredColumn column) => column.Type.Kind is TypeKind.Text or TypeKind.Json
        ? $"CAST({Quote(alias, column.Name)} AS varbinary(max))"
        : Quote(alias, column.Name);
}
