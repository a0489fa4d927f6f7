using System.Buffers.Binary;

namespace Millrace.Connectors.MongoDb.Files;

/// <summary>CRC-64 by the ECMA-182 polynomial, reflected, as mongodump's archives carry it; eight bytes a step.</summary>
internal struct Crc64()
{
    private const ulong ReflectedPolynomial = 0xC96C5795D7870F42;

    private static readonly ulong[][] Tables = BuildTables();

    private ulong _state = ulong.MaxValue;

    /// <summary>The checksum of what was added.</summary>
    public readonly ulong Value => ~_state;

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        ulong state = _state;
        while (bytes.Length >= sizeof(ulong))
        {
            state ^= BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            state = Tables[7][(byte)state] ^ Tables[6][(byte)(state >> 8)] ^ Tables[5][(byte)(state >> 16)] ^ Tables[4][(byte)(state >> 24)]
                ^ Tables[3][(byte)(state >> 32)] ^ Tables[2][(byte)(state >> 40)] ^ Tables[1][(byte)(state >> 48)] ^ Tables[0][(byte)(state >> 56)];
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            state = Tables[0][(byte)state ^ value] ^ (state >> 8);
        }

        _state = state;
    }

    private static ulong[][] BuildTables()
    {
        var tables = new ulong[sizeof(ulong)][];
        for (int t = 0; t < tables.Length; t++)
        {
            tables[t] = new ulong[256];
            for (int i = 0; i < 256; i++)
            {
                tables[t][i] = t == 0 ? OfByte((ulong)i) : tables[0][(byte)tables[t - 1][i]] ^ (tables[t - 1][i] >> 8);
            }
        }

        return tables;
    }

    private static ulong OfByte(ulong value)
    {
        for (int bit = 0; bit < 8; bit++)
        {
            value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ ReflectedPolynomial;
        }

        return value;
    }
}
