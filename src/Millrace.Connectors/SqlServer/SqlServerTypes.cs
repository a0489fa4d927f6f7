using System.Globalization;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.SqlServer;

/// <summary>Which SQL Server type holds a logical type without changing a value. There is one for each.</summary>
internal static class SqlServerTypes
{
    /// <summary>
    /// Characters of a text key at most. A nonclustered index holds 1,700 bytes a row, of which names in Millrace's own tables take up to 512; 450 characters
    /// of two bytes are what a clustered index, which holds 900, takes as well.
    /// </summary>
    internal const int MaxKeyCharacters = 450;

    /// <summary>Bytes of a binary key at most.</summary>
    internal const int MaxKeyBytes = 900;

    /// <summary>Compares by code point alone: case, accents and width count. Blanks at the end do not, in any collation.</summary>
    internal const string ByteOrder = "COLLATE Latin1_General_100_BIN2";

    /// <summary>The SQL name of a type.</summary>
    internal static string Sql(LogicalType type) => type.Kind switch
    {
        TypeKind.Boolean => "bit",
        TypeKind.Int16 => "smallint",
        TypeKind.Int32 => "int",
        TypeKind.Int64 => "bigint",
        TypeKind.Float32 => "real",
        TypeKind.Float64 => "float",
        TypeKind.Decimal => $"decimal({type.Precision},{type.Scale})",
        TypeKind.Text or TypeKind.Json => "nvarchar(max)",
        TypeKind.Bytes => "varbinary(max)",
        TypeKind.Uuid => "uniqueidentifier",
        TypeKind.Date => "date",
        TypeKind.Time => $"time({type.Precision})",
        TypeKind.Timestamp => type.IsUtc ? $"datetimeoffset({type.Precision})" : $"datetime2({type.Precision})",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "SQL Server has no type that holds it."),
    };

    /// <summary>
    /// The logical type of a column that Millrace did not make, by its type's name with precision and scale, as <see cref="SqlServerDialect.ColumnsQuery"/>
    /// writes it. What has no counterpart (xml, hierarchyid, geography) counts as text: the server converts what is inserted.
    /// </summary>
    internal static LogicalType FromCatalog(string typeName)
    {
        string[] parts = typeName.TrimEnd(')').Split('(', ',');
        byte precision = parts.Length > 1 ? byte.Parse(parts[1], CultureInfo.InvariantCulture) : (byte)0;
        byte scale = parts.Length > 2 ? byte.Parse(parts[2], CultureInfo.InvariantCulture) : (byte)0;
        return parts[0] switch
        {
            "bit" => LogicalType.Boolean,
            "tinyint" or "smallint" => LogicalType.Int16,
            "int" => LogicalType.Int32,
            "bigint" => LogicalType.Int64,
            "real" => LogicalType.Float32,
            "float" => LogicalType.Float64,
            "decimal" or "numeric" or "money" or "smallmoney" => LogicalType.Decimal(precision, scale),
            "binary" or "varbinary" or "image" => LogicalType.Bytes,
            "uniqueidentifier" => LogicalType.Uuid,
            "date" => LogicalType.Date,
            "time" => LogicalType.Time(scale),
            // Its steps are of 1/300 second: hundredths are the finest that it keeps as they are.
            "datetime" => LogicalType.TimestampNaive(2),
            "datetime2" => LogicalType.TimestampNaive(scale),
            "datetimeoffset" => LogicalType.TimestampUtc(scale),
            _ => LogicalType.Text,
        };
    }
}
