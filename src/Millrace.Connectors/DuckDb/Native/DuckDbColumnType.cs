namespace Millrace.Connectors.DuckDb.Native;

/// <summary>A column's type as far as reading and writing its vectors needs it.</summary>
/// <param name="Id">The type.</param>
/// <param name="Storage">The integer that a DECIMAL is kept in; elsewhere the type itself.</param>
/// <param name="Scale">A DECIMAL's digits after the point; 0 elsewhere.</param>
internal readonly record struct DuckDbColumnType(DuckDbTypeId Id, DuckDbTypeId Storage, byte Width, byte Scale)
{
    /// <summary>Reads a <c>duckdb_logical_type</c>, which stays the caller's.</summary>
    internal static DuckDbColumnType Of(nint logicalType)
    {
        DuckDbTypeId id = DuckDbNative.duckdb_get_type_id(logicalType);
        return id == DuckDbTypeId.Decimal
            ? new DuckDbColumnType(
                id,
                DuckDbNative.duckdb_decimal_internal_type(logicalType),
                DuckDbNative.duckdb_decimal_width(logicalType),
                DuckDbNative.duckdb_decimal_scale(logicalType))
            : new DuckDbColumnType(id, id, 0, 0);
    }
}
