using System.Collections.Immutable;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>The batch that is being read, column by column. Rows are appended by the engine's <see cref="RowStream"/>.</summary>
/// <param name="relation">What is read.</param>
/// <param name="partition">The partition.</param>
internal sealed class BatchColumns(Relation relation, string partition) : IDisposable
{
    private bool _isOpen;

    /// <summary>The columns, in the order of the SELECT.</summary>
    public ImmutableArray<ReadColumn> All { get; } = [.. relation.Columns.Select(c => new ReadColumn(c))];

    /// <summary>Rows that are kept.</summary>
    public int Rows { get; set; }

    /// <summary>Payload bytes of them.</summary>
    public long Bytes { get; set; }

    /// <summary>Starts a batch.</summary>
    public void Begin()
    {
        foreach (ReadColumn column in All)
        {
            column.Begin();
        }

        Rows = 0;
        Bytes = 0;
        _isOpen = true;
    }

    /// <summary>Takes back what was appended after the kept rows.</summary>
    public void DropRest()
    {
        foreach (ReadColumn column in All)
        {
            column.TruncateTo(Rows);
        }
    }

    /// <summary>The column of a name.</summary>
    public ReadColumn Of(string name) => All.First(c => c.Source.Name == name);

    /// <summary>Hands the batch on.</summary>
    public RecordBatch Build(Position? position)
    {
        _isOpen = false;
        bool isPlain = All.All(c => c.Others is null && c.Values.Type == c.Source.Type);
        TableSchema schema = isPlain ? relation.Schema : relation.Schema with { Columns = [.. All.SelectMany(SchemasOf)] };
        ImmutableArray<Column> columns = isPlain ? [.. All.Select(c => c.Values)] : [.. All.SelectMany(ColumnsOf)];
        return new(schema, columns, Rows) { Partition = partition, Position = position, SourceBytes = Bytes };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOpen)
        {
            _isOpen = false;
            foreach (ReadColumn column in All)
            {
                column.Values.Dispose();
                column.Others?.Dispose();
            }
        }
    }

    private static IEnumerable<ColumnSchema> SchemasOf(ReadColumn column)
    {
        yield return new(column.Source.Name, column.Values.Type, column.Source.Nullable);
        if (column.Others is not null)
        {
            yield return new(column.Source.Name, LogicalType.Text);
        }
    }

    private static IEnumerable<Column> ColumnsOf(ReadColumn column)
    {
        yield return column.Values;
        if (column.Others is not null)
        {
            yield return column.Others;
        }
    }
}
