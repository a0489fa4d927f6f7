using System.Globalization;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.DuckDb;

/// <summary>Which DuckDB type holds a logical type without changing a value.</summary>
internal static class DuckDbTypes
{
    /// <summary>Fractional digits of a second that TIME, TIMESTAMP and TIMESTAMPTZ keep.</summary>
    private const int MicrosecondDigits = 6;

    /// <summary>The logical type that a column gets, or null where DuckDB has none: a time of day or an instant with a
    /// seventh digit (only the zoneless TIMESTAMP_NS keeps more than microseconds).</summary>
    internal static LogicalType? Fit(LogicalType type) => type.Kind switch
    {
        TypeKind.Time when type.Precision > MicrosecondDigits => null,
        TypeKind.Timestamp when type.IsUtc && type.Precision > MicrosecondDigits => null,
        _ => type,
    };

    /// <summary>The SQL name of the type of a column.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="Fit"/> is null for the type.</exception>
    internal static string Sql(LogicalType type) => type.Kind switch
    {
        TypeKind.Boolean => "BOOLEAN",
        TypeKind.Int16 => "SMALLINT",
        TypeKind.Int32 => "INTEGER",
        TypeKind.Int64 => "BIGINT",
        TypeKind.Float32 => "FLOAT",
        TypeKind.Float64 => "DOUBLE",
        TypeKind.Decimal => $"DECIMAL({type.Precision},{type.Scale})",
        TypeKind.Text => "VARCHAR",
        TypeKind.Json => "JSON",
        TypeKind.Bytes => "BLOB",
        TypeKind.Uuid => "UUID",
        TypeKind.Date => "DATE",
        TypeKind.Time when type.Precision <= MicrosecondDigits => "TIME",
        TypeKind.Timestamp when type.Precision > MicrosecondDigits && !type.IsUtc => "TIMESTAMP_NS",
        TypeKind.Timestamp when type.Precision <= MicrosecondDigits => type.IsUtc ? "TIMESTAMPTZ" : "TIMESTAMP",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "DuckDB has no type that holds it."),
    };

    /// <summary>The logical type of a column that Millrace did not make, by the name that <c>duckdb_columns()</c> gives its type.
    /// What has no counterpart (lists, structs, enums) counts as text: DuckDB casts what is inserted.</summary>
    internal static LogicalType FromCatalog(string typeName) => typeName switch
    {
        "BOOLEAN" => LogicalType.Boolean,
        "TINYINT" or "UTINYINT" or "SMALLINT" => LogicalType.Int16,
        "USMALLINT" or "INTEGER" => LogicalType.Int32,
        "UINTEGER" or "BIGINT" => LogicalType.Int64,
        "UBIGINT" => LogicalType.Decimal(20, 0),
        "HUGEINT" or "UHUGEINT" => LogicalType.Decimal(LogicalType.MaxDecimalPrecision, 0),
        "FLOAT" => LogicalType.Float32,
        "DOUBLE" => LogicalType.Float64,
        "JSON" => LogicalType.Json,
        "BLOB" => LogicalType.Bytes,
        "UUID" => LogicalType.Uuid,
        "DATE" => LogicalType.Date,
        "TIME" => LogicalType.Time(MicrosecondDigits),
        "TIMESTAMP_S" => LogicalType.TimestampNaive(0),
        "TIMESTAMP_MS" => LogicalType.TimestampNaive(3),
        "TIMESTAMP" => LogicalType.TimestampNaive(),
        "TIMESTAMP_NS" => LogicalType.TimestampNaive(7),
        "TIMESTAMP WITH TIME ZONE" => LogicalType.TimestampUtc(),
        _ when typeName.StartsWith("DECIMAL(", StringComparison.Ordinal) => ParseDecimal(typeName),
        _ => LogicalType.Text,
    };

    private static LogicalType ParseDecimal(string typeName)
    {
        string[] parts = typeName["DECIMAL(".Length..].TrimEnd(')').Split(',');
        return LogicalType.Decimal(int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
