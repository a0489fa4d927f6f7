using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.PostgreSql;

/// <summary>Reads as PostgreSQL takes them.</summary>
internal sealed class PostgreSqlReadDialect : RelationalDialect
{
    private PostgreSqlReadDialect()
        : base(PostgreSqlDialect.Instance, PostgreSqlStepDialect.Instance.Syntax, "postgres")
    {
    }

    /// <summary>The one instance.</summary>
    public static PostgreSqlReadDialect Instance { get; } = new();

    /// <inheritdoc/>
    public override string Select(RelationColumn column) => column.Form switch
    {
        ReadForm.Text => $"{Sql.Quote(column.Name)}::text",
        ReadForm.Json => $"to_json({Sql.Quote(column.Name)})",
        _ => Sql.Quote(column.Name),
    };

    /// <inheritdoc/>
    public override string Value(RelationColumn column, string text) =>
        column.Type.Kind == TypeKind.Bytes ? Cast(@"\x" + text, column) : base.Value(column, text);
}
