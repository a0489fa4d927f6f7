using Millrace.Core.Batches;
using Millrace.Core.Contracts;
using Millrace.Core.Errors;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping.Nesting;

/// <summary>The child tables of one parent, by the path of their array.</summary>
internal sealed class ChildTableSet
{
    private readonly ShaperSettings _settings;
    private readonly Dictionary<string, ChildTable> _tables = new(StringComparer.Ordinal);

    private ChildTableSet(ShaperSettings settings) => _settings = settings;

    /// <summary>Looks at the child tables that earlier runs made.</summary>
    public static async ValueTask<ChildTableSet> CreateAsync(ShaperSettings settings)
    {
        var set = new ChildTableSet(settings);
        foreach (TableId id in settings.ChildTables)
        {
            if (await settings.Existing(id).ConfigureAwait(false) is { } existing && ChildTable.PathOf(existing.Schema) is { } path)
            {
                set._tables.TryAdd(path, new ChildTable(settings, path, new TableState(id, settings.Naming, existing)));
            }
        }

        return set;
    }

    /// <summary>Adds steps that change the child tables as a whole.</summary>
    public void Control(BatchMarks marks, ShapeTotals totals)
    {
        foreach (ChildTable table in _tables.Values)
        {
            table.Control(marks, totals);
        }
    }

    /// <summary>Gets a batch's children ready to be written once it is known which of their parents are.</summary>
    public async ValueTask<ChildBatch> ReadAsync(
        List<InputColumn> inputs, List<InputColumn> arrays, IReadOnlyList<TargetField> key, BatchMarks marks)
    {
        foreach (InputColumn array in arrays)
        {
            await FindAsync(array).ConfigureAwait(false);
        }

        InputColumn[] keys = [.. inputs.Where(i => key.Any(f => f.Path == i.Path && f.Wanted == i.Wanted))];
        if (keys.Length == 0 && _tables.Count > 0)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration,
                $"The arrays of {_settings.Target} cannot go to child tables: its rows have no key that the children could repeat.",
                "Set target.primary_key, or nested: json.");
        }

        return new ChildBatch(_tables.Values, arrays, inputs, keys, marks);
    }

    private async ValueTask FindAsync(InputColumn array)
    {
        if (_tables.ContainsKey(array.Path))
        {
            return;
        }

        TableId id = TargetNames.Child(_settings.Target, array.Wanted, _settings.Naming, t => _tables.Values.Any(c => c.Table.Table == t));
        TargetTable? existing = await _settings.Existing(id).ConfigureAwait(false);
        _tables.Add(array.Path, new ChildTable(_settings, array.Path, new TableState(id, _settings.Naming, existing)));
    }
}
