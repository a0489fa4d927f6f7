using System.Collections.Immutable;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;
namespace Millrace.Core.Engine.Shaping;
/// <summary>temp</summary>
public sealed class TableShaper
{
    private ShaperSettings _s = null!; private bool _exists;
    /// <summary>temp</summary>
    public static async ValueTask<TableShaper> CreateAsync(ShaperSettings s) => new() { _s = s, _exists = await s.Existing(s.Target).ConfigureAwait(false) is not null };
    /// <summary>temp</summary>
    public ShapedBatch Shape(RecordBatch b)
    {
        var schema = b.Schema with { Table = _s.Target };
        var r = new RecordBatch(schema, b.Columns, b.RowCount) { Partition = b.Partition, Changes = b.Changes, Position = b.Position };
        bool changed = !_exists; _exists = true;
        return new([new(new(schema, _s.Task.Target.Disposition), changed, r)], [], 0, 0, []);
    }
}
