using Millrace.Connectors.Hashing;

namespace Millrace.Connectors.MongoDb.Decoding;

/// <summary>Finds fields by their UTF-8 names without making strings. Grows; nothing is ever removed but by <see cref="Clear"/>.</summary>
internal sealed class FieldTable
{
    private readonly List<FieldColumns> _fields = [];
    private FieldColumns?[] _slots = new FieldColumns?[64];

    /// <summary>The fields in the order in which they were first seen.</summary>
    public IReadOnlyList<FieldColumns> Fields => _fields;

    /// <summary>Finds a field or adds it.</summary>
    public FieldColumns GetOrAdd(ReadOnlySpan<byte> name)
    {
        int mask = _slots.Length - 1;
        for (int slot = (int)Hash(name) & mask; ; slot = (slot + 1) & mask)
        {
            FieldColumns? field = _slots[slot];
            if (field is null)
            {
                return Add(name, slot);
            }

            if (name.SequenceEqual(field.Name))
            {
                return field;
            }
        }
    }

    /// <summary>Forgets every field.</summary>
    public void Clear()
    {
        _fields.Clear();
        _slots = new FieldColumns?[64];
    }

    private FieldColumns Add(ReadOnlySpan<byte> name, int slot)
    {
        var field = new FieldColumns(name.ToArray(), _fields.Count);
        _fields.Add(field);
        _slots[slot] = field;
        if (_fields.Count * 2 > _slots.Length)
        {
            Grow();
        }

        return field;
    }

    private void Grow()
    {
        _slots = new FieldColumns?[_slots.Length * 2];
        int mask = _slots.Length - 1;
        foreach (FieldColumns field in _fields)
        {
            int slot = (int)Hash(field.Name) & mask;
            while (_slots[slot] is not null)
            {
                slot = (slot + 1) & mask;
            }

            _slots[slot] = field;
        }
    }

    private static uint Hash(ReadOnlySpan<byte> name) => (uint)ByteHash.Of(name, ByteHash.RandomSeed);
}
