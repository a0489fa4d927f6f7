using Millrace.Core.Batches;

namespace Millrace.Core.Engine.Shaping.Nesting;

/// <summary>What the child tables need of a parent batch after the parent's columns are used up.</summary>
internal sealed class ChildBatch : IDisposable
{
    private readonly IReadOnlyCollection<ChildTable> _tables;
    private readonly List<InputColumn> _arrays;
    private readonly InputColumn[] _keys;
    private readonly BatchMarks _marks;
    private readonly Dictionary<string, Column> _unset = new(StringComparer.Ordinal);
    private readonly int _rows;

    public ChildBatch(
        IReadOnlyCollection<ChildTable> tables, List<InputColumn> arrays, List<InputColumn> inputs, InputColumn[] keys, BatchMarks marks)
    {
        _tables = tables;
        _arrays = arrays;
        _keys = [.. keys.Select(k => new InputColumn(k.Path, k.Wanted, k.Values.Copy(), k.SourceType))];
        // The parent's step may be gone before the children are read.
        _marks = marks with
        {
            Changes = marks.Changes.ToArray(),
            ChangesOwner = null,
            RowPositions = (VarColumn?)marks.RowPositions?.Copy(),
            RowTimes = (Column<long>?)marks.RowTimes?.Copy(),
        };
        _rows = keys.Length == 0 ? 0 : keys[0].Values.Count;
        foreach (InputColumn input in inputs.Where(i => i.Values.HasUnset && tables.Any(t => t.Path == i.Path)))
        {
            _unset.TryAdd(input.Path, input.Values.Copy());
        }
    }

    /// <summary>Adds the child tables' steps.</summary>
    /// <param name="kept">The parent rows that are written, or null for all.</param>
    /// <param name="totals">Gets the steps.</param>
    public void Write(int[]? kept, ShapeTotals totals)
    {
        foreach (ChildTable table in _tables)
        {
            InputColumn? array = _arrays.Find(a => a.Path == table.Path);
            IEnumerable<int> parents = kept ?? Enumerable.Range(0, _rows);
            table.Write(parents, (VarColumn?)array?.Values, _unset.GetValueOrDefault(table.Path), _keys, _marks, totals);
        }
    }

    public void Dispose()
    {
        _marks.Dispose();
        foreach (InputColumn key in _keys)
        {
            key.Dispose();
        }

        foreach (Column column in _unset.Values)
        {
            column.Dispose();
        }
    }
}
