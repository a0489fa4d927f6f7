using System.Data.Common;
using System.Globalization;

namespace Millrace.Catalog.Stores.Relational;

/// <summary>The row under a reader, its values as the stores want them whatever width the engine gives a number.</summary>
internal readonly struct SqlRow(DbDataReader reader, CatalogDialect dialect)
{
    public string Text(int column) => reader.GetString(column);

    public string? TextOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public long Long(int column) => Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture);

    public long? LongOrNull(int column) => reader.IsDBNull(column) ? null : Long(column);

    public int Int(int column) => checked((int)Long(column));

    public bool Bool(int column) => reader.GetBoolean(column);

    public bool IsNull(int column) => reader.IsDBNull(column);

    public DateTimeOffset Time(int column) => dialect.ReadTime(reader, column);

    public DateTimeOffset? TimeOrNull(int column) => reader.IsDBNull(column) ? null : dialect.ReadTime(reader, column);
}
