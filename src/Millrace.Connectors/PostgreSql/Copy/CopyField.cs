using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;

namespace Millrace.Connectors.PostgreSql.Copy;

/// <summary>
/// Writes one column of a COPY stream, a field a row: a 32-bit length and the value in the type's binary form, or length -1 for NULL (PostgreSQL
/// manual, COPY, "Binary Format"; the forms are those of the types' <c>_recv</c> functions). Chosen once a batch, not per value.
/// </summary>
internal abstract class CopyField
{
    /// <summary>The length that stands for NULL.</summary>
    protected const int Null = -1;

    /// <summary>Takes the column of the next batch.</summary>
    public abstract void Bind(BulkRows rows);

    /// <summary>Writes the field of a row.</summary>
    /// <returns>Null, or why PostgreSQL cannot hold the value; then what was written counts for nothing.</returns>
    public abstract string? Write(CopyBuffer buffer, int row);

    /// <summary>Writes a boolean that is true or NULL.</summary>
    protected static void WriteTrueOrNull(CopyBuffer buffer, bool value)
    {
        if (value)
        {
            buffer.WriteInt32(1);
            buffer.Take(1)[0] = 1;
        }
        else
        {
            buffer.WriteInt32(Null);
        }
    }
}
