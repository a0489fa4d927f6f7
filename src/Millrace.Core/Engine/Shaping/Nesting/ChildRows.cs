using System.Text.Json;
using Millrace.Core.Batches;
using Millrace.Core.Schemas;

namespace Millrace.Core.Engine.Shaping.Nesting;

/// <summary>The rows of a child table while they are read out of the arrays of their parents.</summary>
internal sealed class ChildRows : IDisposable
{
    private const string KeyMark = "^";
    private readonly IReadOnlyList<InputColumn> _keys;
    private readonly Column[] _keyCopies;
    private readonly Column<long> _index = (Column<long>)Column.Create(LogicalType.Int64);
    private readonly List<int> _parents = [];
    private readonly List<ChangeKind> _changes = [];
    private readonly DocumentNode _root;
    private readonly SlotSet _scalars;
    private readonly List<DocumentNode> _fields = [];
    private int _taken;

    public ChildRows(string elementPath, IReadOnlyList<InputColumn> keys)
    {
        _keys = keys;
        _keyCopies = [.. keys.Select(k => Column.Create(k.Values.Type))];
        _root = new DocumentNode(elementPath, "");
        _scalars = new SlotSet(elementPath, "value");
    }

    public int Count => _parents.Count;

    public bool HasElements { get; private set; }

    /// <summary>The path of a column that repeats a part of the parent's key.</summary>
    public static string KeyPath(string path) => KeyMark + path;

    /// <summary>A row that takes away what the parent had.</summary>
    public void AddDelete(int parent)
    {
        AddRow(parent, ChangeKind.Delete);
        _index.AppendNull();
    }

    /// <summary>One row for each element.</summary>
    public void AddElements(int parent, ReadOnlySpan<byte> array)
    {
        Utf8JsonReader reader = JsonText.Open(array);
        for (long index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            int row = Count;
            AddRow(parent, ChangeKind.Insert);
            _index.Append(index);
            HasElements = true;
            if (reader.TokenType == JsonTokenType.StartObject && !JsonText.IsWrapper(reader))
            {
                AddFields(ref reader, array, row);
            }
            else
            {
                TypedJson.Append(ref reader, array, _scalars, row);
            }
        }
    }

    public IEnumerable<InputColumn> TakeKeys()
    {
        _taken |= 1;
        return _keys.Select((key, i) => new InputColumn(KeyPath(key.Path), key.Wanted, _keyCopies[i], key.SourceType));
    }

    public Column<long> TakeIndex()
    {
        _taken |= 2;
        return _index;
    }

    public List<InputColumn> TakeFields() =>
        [.. _scalars.ToInputs(Count), .. _fields.SelectMany(f => f.Slots.ToInputs(Count))];

    /// <summary>The marks of the child rows: each has its parent's position and time. The source's bytes were counted with the parents.</summary>
    public BatchMarks Marks(BatchMarks parents) => (parents with { Changes = default }).Select([.. _parents]) with
    {
        Changes = _changes.TrueForAll(c => c == ChangeKind.Insert) ? default : _changes.ToArray(),
        SourceBytes = 0,
    };

    public void Dispose()
    {
        if ((_taken & 1) == 0)
        {
            foreach (Column copy in _keyCopies)
            {
                copy.Dispose();
            }
        }

        if ((_taken & 2) == 0)
        {
            _index.Dispose();
        }
    }

    private void AddRow(int parent, ChangeKind change)
    {
        _parents.Add(parent);
        _changes.Add(change);
        for (int i = 0; i < _keyCopies.Length; i++)
        {
            _keyCopies[i].AppendFrom(_keys[i].Values, parent);
        }
    }

    private void AddFields(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, int row)
    {
        int guess = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            DocumentNode field = _root.Child(ref reader, ref guess, "", _fields);
            reader.Read();
            TypedJson.Append(ref reader, json, field.Slots, row);
        }
    }
}
