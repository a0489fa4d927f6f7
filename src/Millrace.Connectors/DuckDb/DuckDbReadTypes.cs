using Millrace.Connectors.DuckDb.Native;
using Millrace.Connectors.Sql.Reading;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.DuckDb;

/// <summary>What DuckDB's types are read as. Nothing is lost: what has no counterpart is read as DuckDB prints it.</summary>
internal static class DuckDbReadTypes
{
    private const string Json = "JSON";
    private const int BigIntDigits = 20;

    /// <summary>A column.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type.</param>
    /// <param name="alias">The type's further name, or null.</param>
    /// <param name="isNullable">False where every row has a value.</param>
    public static RelationColumn Column(string name, DuckDbColumnType type, string? alias, bool isNullable)
    {
        (LogicalType logical, string native) = type.Id switch
        {
            DuckDbTypeId.Boolean => (LogicalType.Boolean, "BOOLEAN"),
            DuckDbTypeId.TinyInt => (LogicalType.Int16, "TINYINT"),
            DuckDbTypeId.UTinyInt => (LogicalType.Int16, "UTINYINT"),
            DuckDbTypeId.SmallInt => (LogicalType.Int16, "SMALLINT"),
            DuckDbTypeId.USmallInt => (LogicalType.Int32, "USMALLINT"),
            DuckDbTypeId.Integer => (LogicalType.Int32, "INTEGER"),
            DuckDbTypeId.UInteger => (LogicalType.Int64, "UINTEGER"),
            DuckDbTypeId.BigInt => (LogicalType.Int64, "BIGINT"),
            DuckDbTypeId.UBigInt => (LogicalType.Decimal(BigIntDigits, 0), "UBIGINT"),
            DuckDbTypeId.HugeInt => (LogicalType.Decimal(LogicalType.MaxDecimalPrecision, 0), "HUGEINT"),
            DuckDbTypeId.UHugeInt => (LogicalType.Decimal(LogicalType.MaxDecimalPrecision, 0), "UHUGEINT"),
            DuckDbTypeId.Decimal => (LogicalType.Decimal(type.Width, type.Scale), $"DECIMAL({type.Width},{type.Scale})"),
            DuckDbTypeId.Float => (LogicalType.Float32, "FLOAT"),
            DuckDbTypeId.Double => (LogicalType.Float64, "DOUBLE"),
            DuckDbTypeId.Varchar when alias == Json => (LogicalType.Json, Json),
            DuckDbTypeId.Varchar => (LogicalType.Text, "VARCHAR"),
            DuckDbTypeId.Blob when alias is null => (LogicalType.Bytes, "BLOB"),
            DuckDbTypeId.Uuid => (LogicalType.Uuid, "UUID"),
            DuckDbTypeId.Date => (LogicalType.Date, "DATE"),
            DuckDbTypeId.Time => (LogicalType.Time(6), "TIME"),
            DuckDbTypeId.TimestampSeconds => (LogicalType.TimestampNaive(0), "TIMESTAMP_S"),
            DuckDbTypeId.TimestampMilliseconds => (LogicalType.TimestampNaive(3), "TIMESTAMP_MS"),
            DuckDbTypeId.Timestamp => (LogicalType.TimestampNaive(), "TIMESTAMP"),
            DuckDbTypeId.TimestampNanoseconds => (LogicalType.TimestampNaive(7), "TIMESTAMP_NS"),
            DuckDbTypeId.TimestampTz => (LogicalType.TimestampUtc(), "TIMESTAMPTZ"),
            _ => (default, ""),
        };
        if (native.Length > 0)
        {
            return new(name, logical, native, ReadForm.Value, isNullable);
        }

        bool isNested = type.Id is DuckDbTypeId.List or DuckDbTypeId.Struct or DuckDbTypeId.Map or DuckDbTypeId.Union or DuckDbTypeId.Array;
        return isNested
            ? new(name, LogicalType.Json, type.Id.ToString(), ReadForm.Json, isNullable)
            : new(name, LogicalType.Text, type.Id.ToString(), ReadForm.Text, isNullable);
    }
}
