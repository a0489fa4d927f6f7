using Millrace.Connectors.Sql;
using Millrace.Connectors.Sql.Bulk;

namespace Millrace.Connectors.SqlServer.Bulk;

/// <summary>One column of a bulk copy: reads values from the batch at hand. Rebound from batch to batch.</summary>
internal abstract class BulkField
{
    /// <summary>The type of <see cref="Boxed"/>.</summary>
    public abstract Type ClrType { get; }

    /// <summary>Takes a batch.</summary>
    public abstract void Bind(BulkRows rows);

    /// <summary>True where the row has NULL.</summary>
    public abstract bool IsNull(int row);

    /// <summary>Why SQL Server cannot hold the row's value, or null where it can.</summary>
    public virtual string? Refuse(int row) => null;

    /// <summary>The value as an object, which is what SqlBulkCopy asks for.</summary>
    public abstract object Boxed(int row);
}

/// <summary>A column whose values have a type of their own.</summary>
/// <typeparam name="T">That type.</typeparam>
internal abstract class BulkField<T> : BulkField
{
    /// <inheritdoc/>
    public override Type ClrType => typeof(T);

    /// <summary>The value of a row that has one.</summary>
    public abstract T Get(int row);

    /// <inheritdoc/>
    public override object Boxed(int row) => Get(row)!;
}
