using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.DuckDb;

/// <summary>Reads as DuckDB takes them.</summary>
internal sealed class DuckDbReadDialect : RelationalDialect
{
    private DuckDbReadDialect()
        : base(DuckDbDialect.Instance, DuckDbStepDialect.Instance.Syntax, "duckdb")
    {
    }

    /// <summary>The one instance.</summary>
    public static DuckDbReadDialect Instance { get; } = new();

    /// <inheritdoc/>
    public override string Select(RelationColumn column) => column.Form switch
    {
        ReadForm.Text => $"CAST({Sql.Quote(column.Name)} AS VARCHAR)",
        ReadForm.Json => $"to_json({Sql.Quote(column.Name)})",
        _ => Sql.Quote(column.Name),
    };

    // DuckDB writes the years before 1 as "(BC)".
    /// <inheritdoc/>
    public override string Value(RelationColumn column, string text) => column.Type.Kind switch
    {
        TypeKind.Bytes => $"from_hex({Sql.Literal(text)})",
        _ => base.Value(column, text).Replace(" BC'", " (BC)'", StringComparison.Ordinal),
    };
}
