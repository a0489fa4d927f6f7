using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>
/// The kind in a variant column's name, <c>price__v_text</c>. Types that always meet in one type share a kind, so that a field has at most one
/// variant column of each.
/// </summary>
internal static class VariantKind
{
    /// <summary>Separates the path and the kind in a variant column's <see cref="ColumnSchema.Source"/>.</summary>
    public const string SourceMark = "::v_";

    /// <summary>The kind of a type.</summary>
    public static string Of(LogicalType type) => type.Kind switch
    {
        TypeKind.Boolean => "boolean",
        TypeKind.Int16 or TypeKind.Int32 or TypeKind.Int64 => "int64",
        TypeKind.Float32 or TypeKind.Float64 => "float64",
        TypeKind.Decimal => "decimal",
        TypeKind.Json => "json",
        TypeKind.Bytes => "bytes",
        TypeKind.Uuid => "uuid",
        TypeKind.Date => "date",
        TypeKind.Time => "time",
        TypeKind.Timestamp => type.IsUtc ? "timestamp_utc" : "timestamp",
        _ => "text",
    };

    /// <summary>The type that a kind's column starts with: the widest where there is one, so that it need not widen later.</summary>
    public static LogicalType TypeOf(LogicalType type) => type.Kind switch
    {
        TypeKind.Int16 or TypeKind.Int32 => LogicalType.Int64,
        TypeKind.Float32 => LogicalType.Float64,
        _ => type,
    };

    public static string NameOf(string column, string kind) => column + "__v_" + kind;

    public static string SourceOf(string path, string kind) => path + SourceMark + kind;
}
