using System.Collections.Immutable;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping;

/// <summary>The columns of one target table as they are and become in this run, and which field feeds which.</summary>
internal sealed class TableState
{
    private readonly NamingRule _naming;
    private readonly List<ColumnSchema> _columns = [];
    private readonly HashSet<string> _taken;
    private readonly HashSet<string> _wide;
    private readonly Dictionary<(string Path, string Wanted), TargetField> _fields = [];
    private readonly List<string> _added = [];
    private readonly HashSet<string> _storedPaths = new(StringComparer.Ordinal);
    private readonly bool _matchesByName;
    private TableSchema? _schema;
    private ImmutableArray<string> _key;

    public TableState(TableId table, NamingRule naming, TargetTable? existing)
    {
        StringComparer names = naming.IgnoresCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        Table = table;
        _naming = naming;
        _taken = new(names);
        _wide = new(existing?.WideIntegers ?? [], names);
        _matchesByName = existing is { IsManaged: false };
        _key = existing?.Schema.Key ?? [];
        Existed = existing is not null;
        IsChanged = existing is null;
        foreach (ColumnSchema column in existing?.Schema.Columns ?? [])
        {
            _columns.Add(column);
            _taken.Add(column.Name);
            DataColumns += IsData(column.Name) ? 1 : 0;
            _storedPaths.Add(PathOf(column));
        }
    }

    public TableId Table { get; }

    /// <summary>True where the table stood before this run.</summary>
    public bool Existed { get; }

    /// <summary>True once the destination knows or is about to know the table.</summary>
    public bool IsKnown => Existed || _columns.Count > 0;

    /// <summary>True from a change until it is handed on.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Rises with every change; what was concluded from an older version has to be looked at again.</summary>
    public int Version { get; private set; }

    /// <summary>Columns of the user's data: Millrace's own do not count for max_columns.</summary>
    public int DataColumns { get; private set; }

    public int Count => _columns.Count;

    public ImmutableArray<string> Key
    {
        get => _key;
        set
        {
            if (!_key.SequenceEqual(value, StringComparer.Ordinal))
            {
                _key = value;
                Touch();
            }
        }
    }

    public TableSchema Schema => _schema ??= new(Table, [.. _columns], _key);

    public ColumnSchema this[int index] => _columns[index];

    /// <summary>The field of a path, with its columns where it has any. A field without columns is not kept: there may be millions.</summary>
    public TargetField Find(string path, string wanted, LogicalType? pinned = null)
    {
        if (_fields.TryGetValue((path, wanted), out TargetField? known))
        {
            return known;
        }

        var field = new TargetField(path, wanted, pinned);
        if (!_matchesByName && !_storedPaths.Contains(path))
        {
            return field;
        }

        field.Base = IndexOf(path, wanted);
        field.IsWide = field.Base >= 0 && _wide.Contains(_columns[field.Base].Name);
        for (int i = 0; i < _columns.Count; i++)
        {
            if (VariantKindOf(_columns[i], path, wanted) is { } kind)
            {
                field.SetVariant(kind, i);
            }
        }

        if (field.Base >= 0 || field.HasVariants)
        {
            _fields.Add((path, wanted), field);
        }

        return field;
    }

    /// <summary>Source paths and types of base columns below a path.</summary>
    public IEnumerable<(string Path, LogicalType Type)> ColumnsBelow(string path) => _columns
        .Where(c => c.Source is { } source && source.StartsWith(path + ".", StringComparison.Ordinal)
            && !source.Contains(VariantKind.SourceMark, StringComparison.Ordinal))
        .Select(c => (c.Source!, c.Type));

    public int AddBase(TargetField field, LogicalType type, string? sourceType)
    {
        field.Base = Add(field.Wanted, type, field.Path, sourceType);
        _fields.TryAdd((field.Path, field.Wanted), field);
        return field.Base;
    }

    public int AddVariant(TargetField field, string kind, LogicalType type)
    {
        string name = field.Base >= 0 ? _columns[field.Base].Name : field.Wanted;
        int column = Add(VariantKind.NameOf(name, kind), type, VariantKind.SourceOf(field.Path, kind), null);
        field.SetVariant(kind, column);
        _fields.TryAdd((field.Path, field.Wanted), field);
        return column;
    }

    /// <summary>Keeps a field that has no column yet, so that it is the same one whenever it is looked for.</summary>
    public void Keep(TargetField field) => _fields.TryAdd((field.Path, field.Wanted), field);

    /// <summary>A field whose column has a fixed name, outside the naming rule; made where it is missing.</summary>
    public TargetField FindFixed(string path, string name, LogicalType type)
    {
        if (!_fields.TryGetValue((path, name), out TargetField? field))
        {
            field = new TargetField(path, name, null) { Base = _columns.FindIndex(c => c.Name == name), IsKey = true };
            _fields.Add((path, name), field);
        }

        if (field.Base < 0)
        {
            field.Base = AddNamed(name, type, path, null);
        }

        return field;
    }

    public bool Has(string column) => _taken.Contains(column);

    public void Widen(int column, LogicalType type)
    {
        _columns[column] = _columns[column] with { Type = type };
        Touch();
    }

    /// <summary>Tells whether the table changed since the last call.</summary>
    public bool TakeChange()
    {
        bool changed = IsChanged;
        IsChanged = false;
        return changed;
    }

    /// <summary>Columns added since the last call to a table that stood before this run, as <c>table.column type</c>.</summary>
    public IReadOnlyList<string> TakeAdded()
    {
        if (_added.Count == 0)
        {
            return [];
        }

        string[] added = [.. _added];
        _added.Clear();
        return added;
    }

    private int Add(string wanted, LogicalType type, string source, string? sourceType) =>
        AddNamed(_naming.Map(wanted, _taken.Contains), type, source, sourceType);

    private int AddNamed(string name, LogicalType type, string source, string? sourceType)
    {
        _taken.Add(name);
        _columns.Add(new ColumnSchema(name, type, true, source.Length == 0 ? null : source, sourceType));
        DataColumns += IsData(name) ? 1 : 0;
        if (Existed)
        {
            _added.Add($"{Table}.{name} {type}");
        }

        Touch();
        return _columns.Count - 1;
    }

    private static string PathOf(ColumnSchema column)
    {
        string source = column.Source ?? "";
        int mark = source.LastIndexOf(VariantKind.SourceMark, StringComparison.Ordinal);
        return mark < 0 ? source : source[..mark];
    }

    private static bool IsData(string name) => !name.StartsWith(SystemColumns.Prefix, StringComparison.Ordinal);

    private void Touch()
    {
        IsChanged = true;
        Version++;
        _schema = null;
    }

    private int IndexOf(string path, string wanted) => _columns.FindIndex(c =>
        _matchesByName ? _taken.Comparer.Equals(c.Name, wanted) : (c.Source ?? "") == path && IsNameOf(wanted, c.Name));

    private string? VariantKindOf(ColumnSchema column, string path, string wanted)
    {
        if (column.Source is not { } source || !source.StartsWith(path, StringComparison.Ordinal)
            || !source.AsSpan(path.Length).StartsWith(VariantKind.SourceMark, StringComparison.Ordinal))
        {
            return null;
        }

        string kind = source[(path.Length + VariantKind.SourceMark.Length)..];
        return IsNameOf(VariantKind.NameOf(wanted, kind), column.Name) || column.Name.StartsWith(wanted, StringComparison.Ordinal) ? kind : null;
    }

    // A name is a field's plain one, or that one shortened and with the naming rule's suffix. Two mappings of one path, and a mapping that
    // was renamed since, are told apart by it.
    private bool IsNameOf(string wanted, string name)
    {
        string plain = _naming.Map(wanted, _ => false);
        return _taken.Comparer.Equals(plain, name)
            || (name.Length > 7 && name[^7] == '_' && plain.StartsWith(name[..^7], StringComparison.OrdinalIgnoreCase));
    }
}
