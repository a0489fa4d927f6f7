using System.Globalization;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.PostgreSql;

/// <summary>Which PostgreSQL type holds a logical type without changing a value.</summary>
internal static class PostgreSqlTypes
{
    /// <summary>Fractional digits of a second that PostgreSQL keeps.</summary>
    private const int MicrosecondDigits = 6;

    /// <summary>The type that a column gets, or null for times finer than a microsecond.</summary>
    public static LogicalType? Fit(LogicalType type) =>
        type.Kind is TypeKind.Time or TypeKind.Timestamp && type.Precision > MicrosecondDigits ? null : type;

    /// <summary>
    /// The SQL name. Decimals are numeric without precision and scale: a wider or finer decimal then needs no change of the table. Times keep
    /// their microseconds whatever the precision.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="Fit"/> is null for the type.</exception>
    public static string Sql(LogicalType type) => type.Kind switch
    {
        TypeKind.Boolean => "boolean",
        TypeKind.Int16 => "smallint",
        TypeKind.Int32 => "integer",
        TypeKind.Int64 => "bigint",
        TypeKind.Float32 => "real",
        TypeKind.Float64 => "double precision",
        TypeKind.Decimal => "numeric",
        TypeKind.Text => "text",
        TypeKind.Json => "jsonb",
        TypeKind.Bytes => "bytea",
        TypeKind.Uuid => "uuid",
        TypeKind.Date => "date",
        TypeKind.Time when type.Precision <= MicrosecondDigits => "time without time zone",
        TypeKind.Timestamp when type.Precision <= MicrosecondDigits => type.IsUtc ? "timestamp with time zone" : "timestamp without time zone",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "PostgreSQL has no type that holds it."),
    };

    /// <summary>The logical type of a column that Millrace did not make, from what <c>format_type</c> prints.</summary>
    public static LogicalType FromCatalog(string typeName)
    {
        int open = typeName.IndexOf('(', StringComparison.Ordinal);
        int close = typeName.IndexOf(')', StringComparison.Ordinal);
        string bare = open < 0 ? typeName : typeName[..open] + typeName[(close + 1)..];
        return bare switch
        {
            "boolean" => LogicalType.Boolean,
            "smallint" => LogicalType.Int16,
            "integer" => LogicalType.Int32,
            "bigint" => LogicalType.Int64,
            "real" => LogicalType.Float32,
            "double precision" => LogicalType.Float64,
            "numeric" => Numeric(open < 0 ? "" : typeName[(open + 1)..close]),
            "jsonb" => LogicalType.Json,
            "bytea" => LogicalType.Bytes,
            "uuid" => LogicalType.Uuid,
            "date" => LogicalType.Date,
            "time without time zone" => LogicalType.Time(MicrosecondDigits),
            "timestamp with time zone" => LogicalType.TimestampUtc(),
            "timestamp without time zone" => LogicalType.TimestampNaive(),

            // text, varchar, char and json (whose binary form, other than jsonb's, is its text)
            _ => LogicalType.Text,
        };
    }

    // A numeric without bounds takes any decimal; the scale named here only says how much of it a reader may expect.
    private static LogicalType Numeric(string arguments)
    {
        int[] parts = [.. arguments.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => int.Parse(p, CultureInfo.InvariantCulture))];
        return parts is [int precision, int scale] && precision <= LogicalType.MaxDecimalPrecision && scale >= 0 && scale <= precision
            ? LogicalType.Decimal(precision, scale)
            : LogicalType.Decimal(LogicalType.MaxDecimalPrecision, 9);
    }
}
