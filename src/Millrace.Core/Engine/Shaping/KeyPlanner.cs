using System.Collections.Immutable;
using Millrace.Core.Batches;
using Millrace.Core.Config;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>
/// Finds the key of a table, and moves a table from a plain key to <see cref="SystemColumns.Key"/> once its values are of several types.
/// </summary>
internal sealed class KeyPlanner(TaskDefinition task, TableState table)
{
    private const string NaturalId = "_id";
    private TargetField[] _fields = [];
    private ImmutableArray<string> _names = [];

    /// <summary>The plain column that existing rows get their canonical key from; null while the key has not changed.</summary>
    public string? RekeyFrom { get; private set; }

    /// <summary>The fields of the key, found by the last <see cref="Plan"/>.</summary>
    public IReadOnlyList<TargetField> Fields => _fields;

    private bool IsCanonical => table.Has(SystemColumns.Key);

    /// <summary>Target names of the key's columns; a field that has no column yet is left out.</summary>
    public ImmutableArray<string> Names()
    {
        // The same array as long as nothing changed, so that comparing it is cheap.
        IEnumerable<string> names = _fields.Where(f => f.Base >= 0).Select(f => table[f.Base].Name);
        if (!names.SequenceEqual(_names, StringComparer.Ordinal))
        {
            _names = [.. names];
        }

        return _names;
    }

    /// <summary>Finds the key's fields for a batch, and adds the canonical key column where the table has it and the batch has not.</summary>
    public void Plan(ImmutableArray<string> natural, List<InputColumn> inputs, int rows)
    {
        ImmutableArray<string> key = Effective(natural);
        bool hasCanonical = key is [SystemColumns.Key];
        bool isIdKey = hasCanonical || key is [NaturalId];
        if (isIdKey && (hasCanonical || IsCanonical || HasOtherClass(inputs)))
        {
            string? plain = PlainKeyColumn(inputs);

            // From here on the plain field is one like any other: a value that its column cannot hold goes to a variant.
            foreach (TargetField former in _fields)
            {
                former.IsKey = former.Path == SystemColumns.Key;
            }

            _fields = [table.FindFixed(SystemColumns.Key, SystemColumns.Key, LogicalType.Text)];
            RekeyFrom ??= plain;
            if (!hasCanonical)
            {
                inputs.Add(new InputColumn(SystemColumns.Key, SystemColumns.Key, CanonicalColumn(inputs, rows), null));
            }

            return;
        }

        _fields = [.. key.Select(k => FieldOf(k, inputs))];
        foreach (TargetField field in _fields)
        {
            field.IsKey = true;
            table.Keep(field);
        }
    }

    /// <summary>Target names of the key's columns before the first row; a field that has no column yet is named as it would like to be.</summary>
    public ImmutableArray<string> Expected(ImmutableArray<string> natural)
    {
        ImmutableArray<string> key = Effective(natural);
        return key is [SystemColumns.Key] || (key is [NaturalId] && IsCanonical)
            ? [SystemColumns.Key]
            : [.. key.Select(k => FieldOf(k, [])).Select(f => f.Base >= 0 ? table[f.Base].Name : f.Wanted)];
    }

    // A key that was configured by the name that the source's own key has still follows the source when that changes its form.
    private ImmutableArray<string> Effective(ImmutableArray<string> natural)
    {
        ImmutableArray<string> configured = task.Target.PrimaryKey;
        bool followsSource = configured.IsEmpty || (configured is [NaturalId] && natural is [NaturalId] or [SystemColumns.Key]);
        return followsSource ? natural : configured;
    }

    private string? PlainKeyColumn(List<InputColumn> inputs) => table.Key switch
    {
        [] or [SystemColumns.Key] => null,
        _ when FieldOf(NaturalId, inputs) is { Base: >= 0 } field && table.Key is [var only] && only == table[field.Base].Name => only,
        _ => null,
    };

    private bool HasOtherClass(List<InputColumn> inputs)
    {
        string? stored = FieldOf(NaturalId, inputs) is { Base: >= 0 } field ? CanonicalKey.TagOf(table[field.Base].SourceType) : null;
        foreach (InputColumn input in inputs)
        {
            if (input.Path == NaturalId && input.HasValues && CanonicalKey.TagOf(input.SourceType) is { } tag)
            {
                if (stored is not null && stored != tag)
                {
                    return true;
                }

                stored ??= tag;
            }
        }

        return false;
    }

    private TargetField FieldOf(string name, List<InputColumn> inputs)
    {
        foreach (InputColumn input in inputs)
        {
            if (input.Path == name)
            {
                return table.Find(input.Path, input.Wanted, input.Pinned);
            }
        }

        return table.Find(name, task.Columns.FirstOrDefault(c => c.From == name)?.To ?? name);
    }

    private static VarColumn CanonicalColumn(List<InputColumn> inputs, int rows)
    {
        (Column Values, byte Tag)[] parts = [.. inputs
            .Where(i => i.Path == NaturalId && CanonicalKey.TagOf(i.SourceType) is not null)
            .Select(i => (i.Values, (byte)CanonicalKey.TagOf(i.SourceType)![0]))];
        var key = (VarColumn)Column.Create(LogicalType.Text);
        for (int row = 0; row < rows; row++)
        {
            foreach ((Column values, byte tag) in parts)
            {
                if (!values.IsNull(row))
                {
                    Span<byte> prefix = key.GetSpan(2);
                    prefix[0] = tag;
                    prefix[1] = (byte)':';
                    key.Advance(2);
                    ValueText.Write(values, row, key);
                    key.EndValue(row);
                    break;
                }
            }
        }

        key.PadTo(rows);
        return key;
    }
}
