using System.Collections.Immutable;
using Millrace.Core.Batches;
using Millrace.Core.Engine.Shaping;
using Millrace.Core.Schemas;

namespace Millrace.Core.Embedding;

/// <summary>Helps to write transforms: batches with columns added or taken out. The batch that is given lives on in the one that is returned.</summary>
public static class BatchEditing
{
    /// <summary>Adds a column.</summary>
    /// <param name="batch">The batch; use what is returned instead of it.</param>
    /// <param name="name">The column's name, as if the source had it.</param>
    /// <param name="type">Its type.</param>
    /// <param name="fill">Writes the value (or null) of each row, in order: called once with the new column, which it appends to.</param>
    /// <typeparam name="TColumn">The physical column: <see cref="VarColumn"/> or <see cref="Column{T}"/>, as <see cref="TypeKind"/> says.</typeparam>
    public static RecordBatch Add<TColumn>(this RecordBatch batch, string name, LogicalType type, Action<TColumn> fill)
        where TColumn : Column
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(fill);
        var column = (TColumn)Column.Create(type);
        fill(column);
        TableSchema schema = batch.Schema with { Columns = batch.Schema.Columns.Add(new ColumnSchema(name, type)) };
        return Copy(batch, schema, batch.Columns.Add(column));
    }

    /// <summary>Takes a column out, and disposes it; the same batch where there is none of this name.</summary>
    public static RecordBatch Remove(this RecordBatch batch, string name)
    {
        ArgumentNullException.ThrowIfNull(batch);
        RecordBatch current = batch;
        for (int i = batch.Schema.IndexOf(name); i >= 0; i = current.Schema.IndexOf(name))
        {
            current.Columns[i].Dispose();
            TableSchema schema = current.Schema with { Columns = current.Schema.Columns.RemoveAt(i) };
            current = Copy(current, schema, current.Columns.RemoveAt(i));
        }

        return current;
    }

    /// <summary>The column of a name and physical form, or null: a schemaless source may have it under another type.</summary>
    public static TColumn? Find<TColumn>(this RecordBatch batch, string name)
        where TColumn : Column
    {
        ArgumentNullException.ThrowIfNull(batch);
        for (int i = 0; i < batch.Columns.Length; i++)
        {
            if (batch.Schema.Columns[i].Name == name && batch.Columns[i] is TColumn column)
            {
                return column;
            }
        }

        return null;
    }

    private static RecordBatch Copy(RecordBatch batch, TableSchema schema, ImmutableArray<Column> columns) =>
        (BatchMarks.Of(batch) with { Position = batch.Position, Rejected = batch.Rejected }).ToBatch(schema, columns, batch.RowCount);
}
