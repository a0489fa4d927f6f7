using System.Collections.Immutable;
using Millrace.Connectors.Sql;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.DuckDb;

/// <summary>SQL as DuckDB takes it.</summary>
internal sealed class DuckDbDialect : SqlDialect
{
    /// <summary>DuckDB sets no bound to names; this one keeps them printable.</summary>
    private const int MaxNameBytes = 255;

    private const string QuarantineSequence = "_millrace_quarantine_id";

    internal static readonly DuckDbDialect Instance = new();

    /// <inheritdoc/>
    public override NamingRule Naming { get; } = new(MaxNameBytes, IgnoresCase: true)
    {
        Reserved = ImmutableHashSet.Create(StringComparer.OrdinalIgnoreCase, "rowid"),
    };

    /// <inheritdoc/>
    public override bool UsesKeyIndex => false;

    /// <inheritdoc/>
    public override bool AltersChangedTables => false;

    /// <inheritdoc/>
    public override string InsertionOrder => "rowid";

    /// <inheritdoc/>
    public override string OrderedText => "VARCHAR";

    /// <inheritdoc/>
    public override LogicalType? Fit(LogicalType type) => DuckDbTypes.Fit(type);

    /// <inheritdoc/>
    public override string TypeName(LogicalType type) => DuckDbTypes.Sql(type);

    /// <inheritdoc/>
    public override LogicalType FromCatalog(string typeName) => DuckDbTypes.FromCatalog(typeName);

    /// <inheritdoc/>
    public override string BeforeSystemTables(string schema) =>
        $"CREATE SEQUENCE IF NOT EXISTS {Quote(new TableId(schema, QuarantineSequence))}";

    /// <inheritdoc/>
    public override string Identity(string schema, string sequence) =>
        $"BIGINT DEFAULT nextval({Literal(Quote(new TableId(schema, sequence)))})";

    /// <inheritdoc/>
    public override string ColumnsQuery(TableId table) =>
        $"""
        SELECT column_name, data_type
        FROM duckdb_columns()
        WHERE database_name = current_database()
          AND lower(schema_name) = lower({Literal(table.Schema)})
          AND lower(table_name) = lower({Literal(table.Name)})
        ORDER BY column_index
        """;

    /// <inheritdoc/>
    public override string Convert(string expression, LogicalType from, LogicalType to) =>
        from == to ? expression : $"CAST({expression} AS {TypeName(to)})";

    /// <inheritdoc/>
    public override bool PacksValues => true;

    /// <inheritdoc/>
    public override string Differs(string leftRow, string rightRow) => $"{leftRow} IS DISTINCT FROM {rightRow}";

    /// <summary>Indexes of the user's, which a drop would lose; views refer to a table by its name alone, and there are no triggers.</summary>
    public override string DependentsQuery(TableId table, string? keyIndex) =>
        $"""
        SELECT 1
        FROM duckdb_indexes()
        WHERE database_name = current_database()
          AND lower(schema_name) = lower({Literal(table.Schema)})
          AND lower(table_name) = lower({Literal(table.Name)})
        """;

    /// <summary>A text literal. A NUL ends a statement's text, so it is written as an expression.</summary>
    public override string Literal(string? text) => text is null || !text.Contains('\0', StringComparison.Ordinal)
        ? base.Literal(text)
        : $"({string.Join(" || chr(0) || ", text.Split('\0').Select(base.Literal))})";
}
