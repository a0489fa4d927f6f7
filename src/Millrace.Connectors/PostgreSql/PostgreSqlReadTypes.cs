using System.Globalization;
using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.PostgreSql;

/// <summary>What PostgreSQL's types are read as. Nothing is lost: what has no counterpart is read as PostgreSQL prints it.</summary>
internal static class PostgreSqlReadTypes
{
    private const int MicrosecondDigits = 6;
    // Digits before the point of a numeric without bounds to begin with: a batch says what its values need.
    private const int UnboundedDigits = 18;
    private const string UnboundedName = "numeric without bounds";

    /// <summary>A column.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="native">Its type as SQL writes it.</param>
    /// <param name="baseType">The name (<c>typname</c>) of the type, or of the type under its domains.</param>
    /// <param name="kind"><c>typtype</c>: <c>e</c> for an enum, <c>c</c> for a composite.</param>
    /// <param name="category"><c>typcategory</c>: <c>A</c> for an array.</param>
    /// <param name="arguments">What stands in the type's parentheses, or an empty text.</param>
    /// <param name="isNullable">False where every row has a value.</param>
    public static RelationColumn Column(string name, string native, string baseType, char kind, char category, string arguments, bool isNullable)
    {
        (LogicalType type, ReadForm form) = (kind, category) switch
        {
            (_, 'A') or ('c', _) => (LogicalType.Json, ReadForm.Json),
            ('e', _) => (LogicalType.Text, ReadForm.Text),
            _ => Of(baseType, arguments),
        };
        return new(name, type, native, form, isNullable) { BaseType = baseType == "numeric" && arguments.Length == 0 ? UnboundedName : baseType };
    }

    /// <summary>True where a numeric's scale is what each value has.</summary>
    public static bool IsUnbounded(RelationColumn column) => column.BaseType == UnboundedName;

    private static (LogicalType Type, ReadForm Form) Of(string baseType, string arguments) => baseType switch
    {
        "bool" => (LogicalType.Boolean, ReadForm.Value),
        "int2" => (LogicalType.Int16, ReadForm.Value),
        "int4" => (LogicalType.Int32, ReadForm.Value),
        "int8" => (LogicalType.Int64, ReadForm.Value),
        "float4" => (LogicalType.Float32, ReadForm.Value),
        "float8" => (LogicalType.Float64, ReadForm.Value),
        "numeric" => Numeric(arguments),
        "text" or "varchar" or "bpchar" or "name" or "citext" => (LogicalType.Text, ReadForm.Value),
        "json" or "jsonb" => (LogicalType.Json, ReadForm.Value),
        "bytea" => (LogicalType.Bytes, ReadForm.Value),
        "uuid" => (LogicalType.Uuid, ReadForm.Value),
        "date" => (LogicalType.Date, ReadForm.Value),
        "time" => (LogicalType.Time(MicrosecondDigits), ReadForm.Value),
        "timestamp" => (LogicalType.TimestampNaive(), ReadForm.Value),
        "timestamptz" => (LogicalType.TimestampUtc(), ReadForm.Value),
        _ => (LogicalType.Text, ReadForm.Text),
    };

    // One of more than 38 digits, or with a scale outside of them, is kept as text.
    private static (LogicalType Type, ReadForm Form) Numeric(string arguments)
    {
        int[] parts = [.. arguments.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => int.Parse(p, CultureInfo.InvariantCulture))];
        if (parts.Length == 0)
        {
            return (LogicalType.Decimal(UnboundedDigits, 0), ReadForm.Value);
        }

        (int precision, int scale) = (parts[0], parts.Length > 1 ? parts[1] : 0);
        (precision, scale) = scale < 0 ? (precision - scale, 0) : (Math.Max(precision, scale), scale);
        return precision <= LogicalType.MaxDecimalPrecision
            ? (LogicalType.Decimal(precision, scale), ReadForm.Value)
            : (LogicalType.Text, ReadForm.Text);
    }
}
