using System.Buffers;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>What a document diff does to one field.</summary>
internal enum DiffAction : byte
{
    /// <summary>Removes it.</summary>
    Delete,

    /// <summary>Gives it a new value in its place, or at the end where it is missing.</summary>
    Update,

    /// <summary>Puts it at the end.</summary>
    Insert,

    /// <summary>Changes what is inside of it.</summary>
    Inner,
}

/// <summary>
/// The fields that a document diff (<c>{d: …, u: …, i: …, sNAME: …}</c>) speaks of, as places in its bytes. Few fields are found by scanning,
/// many by hash, so that a large diff costs no more than its size.
/// </summary>
internal ref struct DiffFields
{
    private const int ScanLimit = 16;

    private readonly ReadOnlySpan<byte> _diff;
    private Item[] _items;
    private int _count;
    private int[] _slots = [];

    public DiffFields(ReadOnlySpan<byte> diff)
    {
        _diff = diff;
        _items = ArrayPool<Item>.Shared.Rent(16);
        var sections = new BsonReader(diff);
        while (sections.Next())
        {
            AddSection(sections);
        }

        if (_count > ScanLimit)
        {
            BuildSlots();
        }
    }

    public readonly int Count => _count;

    public readonly DiffAction ActionOf(int item) => _items[item].Action;

    public readonly ReadOnlySpan<byte> NameOf(int item) => _diff.Slice(_items[item].NameStart, _items[item].NameLength);

    public readonly BsonValue ValueOf(int item) => new(_items[item].Type, _diff.Slice(_items[item].ValueStart, _items[item].ValueLength));

    /// <summary>True where the item met its field in the document.</summary>
    public readonly bool IsDone(int item) => _items[item].IsDone;

    public readonly void MarkDone(int item) => _items[item].IsDone = true;

    /// <summary>The item of a field, or -1.</summary>
    public readonly int Find(ReadOnlySpan<byte> name)
    {
        if (_slots.Length == 0)
        {
            for (int i = 0; i < _count; i++)
            {
                if (name.SequenceEqual(NameOf(i)))
                {
                    return i;
                }
            }

            return -1;
        }

        for (int slot = SlotOf(name); _slots[slot] != 0; slot = (slot + 1) % _slots.Length)
        {
            if (name.SequenceEqual(NameOf(_slots[slot] - 1)))
            {
                return _slots[slot] - 1;
            }
        }

        return -1;
    }

    public readonly void Dispose() => ArrayPool<Item>.Shared.Return(_items);

    private void AddSection(BsonReader sections)
    {
        ReadOnlySpan<byte> name = sections.Name;
        if (name is [(byte)'s', ..] && sections.Type == BsonType.Document)
        {
            int nameStart = sections.ValueOffset - name.Length;
            Add(new(DiffAction.Inner, nameStart, name.Length - 1, sections.Type, sections.ValueOffset, sections.Value.Length));
            return;
        }

        DiffAction action = name switch
        {
            [(byte)'d'] => DiffAction.Delete,
            [(byte)'u'] => DiffAction.Update,
            [(byte)'i'] => DiffAction.Insert,
            _ => (DiffAction)byte.MaxValue,
        };
        if (action == (DiffAction)byte.MaxValue || sections.Type != BsonType.Document)
        {
            UpdateThrow.Rejected($"its diff has a section '{System.Text.Encoding.UTF8.GetString(name)}', which is not known here");
        }

        int offset = sections.ValueOffset;
        var fields = new BsonReader(sections.Value);
        while (fields.Next())
        {
            int valueStart = offset + fields.ValueOffset;
            Add(new(action, valueStart - 1 - fields.Name.Length, fields.Name.Length, fields.Type, valueStart, fields.Value.Length));
        }
    }

    private void Add(Item item)
    {
        if (_count == _items.Length)
        {
            Item[] larger = ArrayPool<Item>.Shared.Rent(_count * 2);
            _items.AsSpan(0, _count).CopyTo(larger);
            ArrayPool<Item>.Shared.Return(_items);
            _items = larger;
        }

        _items[_count++] = item;
    }

    private void BuildSlots()
    {
        _slots = new int[(_count * 2) + 1];
        for (int i = 0; i < _count; i++)
        {
            int slot = SlotOf(NameOf(i));
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) % _slots.Length;
            }

            _slots[slot] = i + 1;
        }
    }

    private readonly int SlotOf(ReadOnlySpan<byte> name)
    {
        var hash = default(HashCode);
        hash.AddBytes(name);
        return (int)((uint)hash.ToHashCode() % (uint)_slots.Length);
    }

    private record struct Item(DiffAction Action, int NameStart, int NameLength, BsonType Type, int ValueStart, int ValueLength)
    {
        public bool IsDone { get; set; }
    }
}
