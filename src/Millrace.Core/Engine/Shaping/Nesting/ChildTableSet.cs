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
    private readonly TableIdComparer _sameTable;

    private ChildTableSet(ShaperSettings settings)
    {
        _settings = settings;
        _sameTable = new(settings.Naming);
    }

    /// <summary>Looks at the child tables that earlier runs made.</summary>
    public static async ValueTask<ChildTableSet> CreateAsync(ShaperSettings settings)
    {
        var set = new ChildTableSet(settings);
        foreach (TableId id in settings.ChildTables)
        {
            if (await settings.Existing(id).ConfigureAwait(false) is { } existing && ChildTable.PathOf(existing.Schema) is { } path && set.IsOwn(id, path))
            {
                // A dataset of the same name that came later finds the table taken, and says so.
                settings.TryClaim?.Invoke(id);
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

        // A table that is there already and holds something else is another dataset's, perhaps one that the source no longer has.
        TableId plain = PlainName(array.Wanted);
        TargetTable? there = await _settings.Existing(plain).ConfigureAwait(false);
        bool isOthers = there is { IsManaged: true } && ChildTable.PathOf(there.Schema) != array.Path;
        TableId id = TargetNames.Child(
            _settings.Target, array.Wanted, _settings.Naming, t => (isOthers && t == plain) || IsTaken(t));
        TargetTable? existing = id == plain ? there : await _settings.Existing(id).ConfigureAwait(false);
        _tables.Add(array.Path, new ChildTable(_settings, array.Path, new TableState(id, _settings.Naming, existing)));
    }

    private bool IsTaken(TableId table) =>
        _tables.Values.Any(c => _sameTable.Equals(c.Table.Table, table)) || _settings.TryClaim?.Invoke(table) == false;

    private TableId PlainName(string field) => TargetNames.Child(_settings.Target, field, _settings.Naming, _ => false);

    // The child o__items__x may be o's array items__x as well as the array x of o__items.
    private bool IsOwn(TableId table, string path)
    {
        TableId plain = PlainName(path);
        return _sameTable.Equals(table, plain)
            || _sameTable.Equals(table, TargetNames.Child(_settings.Target, path, _settings.Naming, t => t == plain));
    }
}
