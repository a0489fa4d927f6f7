using System.Collections.Immutable;
using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Merging;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.PostgreSql;

/// <summary>PostgreSQL's SQL, from version 12.</summary>
internal sealed class PostgreSqlDialect : SqlDialect
{
    public static readonly PostgreSqlDialect Instance = new();

    /// <inheritdoc/>
    public override NamingRule Naming { get; } = new(63, IgnoresCase: false)
    {
        // The system columns of every table (PostgreSQL 15, 5.5); oid is none any more since version 12.
        Reserved = ImmutableHashSet.Create(StringComparer.Ordinal, "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"),
    };

    /// <inheritdoc/>
    public override bool UsesKeyIndex => true;

    /// <inheritdoc/>
    public override string InsertionOrder => "ctid";

    /// <inheritdoc/>
    public override string OrderedText => "text COLLATE \"C\"";

    /// <inheritdoc/>
    public override string ForUpdate => "\nFOR UPDATE";

    /// <inheritdoc/>
    public override string Identity(string schema, string sequence) => "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY";

    /// <inheritdoc/>
    public override LogicalType? Fit(LogicalType type) => PostgreSqlTypes.Fit(type);

    /// <inheritdoc/>
    public override string TypeName(LogicalType type) => PostgreSqlTypes.Sql(type);

    /// <inheritdoc/>
    public override string KeyColumnType(LogicalType type) => type.Kind == TypeKind.Text ? OrderedText : TypeName(type);

    /// <inheritdoc/>
    public override LogicalType FromCatalog(string typeName) => PostgreSqlTypes.FromCatalog(typeName);

    /// <inheritdoc/>
    public override string ColumnsQuery(TableId table) =>
        $"""
        SELECT a.attname::text, format_type(a.atttypid, a.atttypmod)
        FROM pg_attribute AS a
        JOIN pg_class AS c ON c.oid = a.attrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = {Literal(table.Schema)} AND c.relname = {Literal(table.Name)} AND c.relkind IN ('r', 'p')
          AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
        """;

    /// <inheritdoc/>
    public override string Convert(string expression, LogicalType from, LogicalType to) =>
        from.Kind == TypeKind.Date && to is { Kind: TypeKind.Timestamp, IsUtc: true }
            ? $"CAST({expression} AS timestamp) AT TIME ZONE 'UTC'"
            : $"CAST({expression} AS {TypeName(to)})";

    /// <inheritdoc/>
    /// <remarks>Compares the stored bytes: equality of numeric, float and jsonb takes values for equal that print differently.</remarks>
    public override string Differs(string leftRow, string rightRow) => $"record_image_ne({leftRow}, {rightRow})";

    /// <inheritdoc/>
    /// <remarks>The plans hang on the key and on what kind of row it is; looking at every column would cost a tenth of the merge.</remarks>
    public override string Analyze(string table, ImmutableArray<string> key) =>
        $"ANALYZE {table} ({string.Join(", ", key.Select(Quote).Append(StageSql.Op).Append(StageSql.Repeat))})";

    /// <inheritdoc/>
    public override string LockTable(TableId table) => $"LOCK TABLE {Quote(table)} IN SHARE ROW EXCLUSIVE MODE";

    /// <inheritdoc/>
    /// <remarks>A table that was emptied by DELETE has free places, into which rows would go out of order: it does not count as fresh.</remarks>
    public override string IsFreshQuery(TableId table) => $"SELECT 1 WHERE pg_relation_size({Class(table)}) = 0";

    /// <inheritdoc/>
    public override string DependentsQuery(TableId table, string? keyIndex) =>
        $"""
        SELECT 1 FROM pg_depend WHERE refclassid = 'pg_class'::regclass AND refobjid = {Class(table)} AND (deptype = 'n' OR classid = 'pg_rewrite'::regclass)
        UNION ALL
        SELECT 1 FROM pg_attribute WHERE attrelid = {Class(table)} AND attacl IS NOT NULL
        UNION ALL
        SELECT 1 FROM pg_statistic_ext WHERE stxrelid = {Class(table)}
        UNION ALL
        SELECT 1 FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = {Class(table)} AND c.relname IS DISTINCT FROM {Literal(keyIndex)}
        UNION ALL
        SELECT 1 FROM pg_constraint WHERE conrelid = {Class(table)} OR confrelid = {Class(table)}
        UNION ALL
        SELECT 1 FROM pg_trigger WHERE tgrelid = {Class(table)} AND NOT tgisinternal
        UNION ALL
        SELECT 1 FROM pg_policy WHERE polrelid = {Class(table)}
        UNION ALL
        SELECT 1 FROM pg_publication_rel WHERE prrelid = {Class(table)}
        UNION ALL
        SELECT 1 FROM pg_inherits WHERE inhrelid = {Class(table)} OR inhparent = {Class(table)}
        LIMIT 1
        """;

    /// <inheritdoc/>
    public override string GrantsQuery(TableId table) =>
        $"""
        SELECT format(
          'GRANT %s ON %s TO %s%s', a.privilege_type, {Literal(Quote(table))},
          CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
          CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM pg_class AS c, aclexplode(c.relacl) AS a
        WHERE c.oid = {Class(table)} AND a.grantee <> c.relowner
        """;

    private string Class(TableId table) => Literal(Quote(table)) + "::regclass";
}
