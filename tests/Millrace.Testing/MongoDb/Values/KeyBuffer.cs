using System.Buffers.Binary;

namespace Millrace.Testing.MongoDb.Values;

/// <summary>A key under construction.</summary>
internal sealed class KeyBuffer
{
    [ThreadStatic]
    private static KeyBuffer? t_shared;

    private byte[] _bytes = new byte[64];

    public int Length { get; set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>This thread's buffer, emptied. Whoever uses it calls nothing that asks for it too.</summary>
    public static KeyBuffer Shared()
    {
        KeyBuffer buffer = t_shared ??= new KeyBuffer();
        buffer.Length = 0;
        return buffer;
    }

    public Span<byte> Take(int count)
    {
        if (Length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Length + count));
        }

        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }

    public void Add(byte value) => Take(1)[0] = value;

    public void Add(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void Add(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(sizeof(ulong)), value);

    public void Add(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), value);

    /// <summary>Appends bytes so that no key of this kind is the beginning of another, in the bytes' order.</summary>
    public void AddEscaped(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            int zero = bytes.IndexOf((byte)0);
            if (zero < 0)
            {
                Add(bytes);
                Add(0);
                Add(0);
                return;
            }

            Add(bytes[..(zero + 1)]);
            Add(0xFF);
            bytes = bytes[(zero + 1)..];
        }
    }

    /// <summary>Turns the order of what was appended since <paramref name="from"/>.</summary>
    public void Invert(int from)
    {
        foreach (ref byte b in _bytes.AsSpan(from, Length - from))
        {
            b = (byte)~b;
        }
    }
}
