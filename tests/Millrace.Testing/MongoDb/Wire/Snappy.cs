namespace Millrace.Testing.MongoDb.Wire;

/// <summary>Snappy's raw format. Compression finds repeats within 64 KiB by a small hash table.</summary>
internal static class Snappy
{
    private const int BlockSize = 1 << 16;
    private const int HashBits = 14;

    public static byte[] Decompress(ReadOnlySpan<byte> input)
    {
        int at = 0, length = ReadVarint(input, ref at), written = 0;
        byte[] output = new byte[length];
        while (at < input.Length)
        {
            int tag = input[at++];
            if ((tag & 3) == 0)
            {
                int count = (tag >> 2) + 1;
                if (count > 60)
                {
                    int bytes = count - 60;
                    count = ReadLittle(input.Slice(at, bytes)) + 1;
                    at += bytes;
                }

                input.Slice(at, count).CopyTo(output.AsSpan(written));
                at += count;
                written += count;
                continue;
            }

            (int copy, int offset) = (tag & 3) switch
            {
                1 => (((tag >> 2) & 7) + 4, ((tag >> 5) << 8) | input[at++]),
                2 => ((tag >> 2) + 1, ReadLittle(input.Slice((at += 2) - 2, 2))),
                _ => ((tag >> 2) + 1, ReadLittle(input.Slice((at += 4) - 4, 4))),
            };
            if (offset < 1 || offset > written)
            {
                throw new InvalidDataException("snappy: a copy points before the data");
            }

            for (int end = written + copy; written < end; written++)
            {
                output[written] = output[written - offset];
            }
        }

        return written == length ? output : throw new InvalidDataException("snappy: the length is not as stated");
    }

    public static byte[] Compress(ReadOnlySpan<byte> input)
    {
        using var output = new MemoryStream((input.Length / 2) + 64);
        uint length = (uint)input.Length;
        for (; length >= 0x80; length >>= 7)
        {
            output.WriteByte((byte)(length | 0x80));
        }

        output.WriteByte((byte)length);
        for (int at = 0; at < input.Length; at += BlockSize)
        {
            CompressBlock(input.Slice(at, Math.Min(BlockSize, input.Length - at)), output);
        }

        return output.ToArray();
    }

    private static void CompressBlock(ReadOnlySpan<byte> block, MemoryStream output)
    {
        int[] seen = new int[1 << HashBits];
        int literal = 0, at = 1;
        while (at + 4 <= block.Length)
        {
            uint four = BitConverter.ToUInt32(block[at..]);
            ref int slot = ref seen[(four * 0x1E35A7BD) >> (32 - HashBits)];
            int candidate = slot;
            slot = at;
            if (candidate == 0 || BitConverter.ToUInt32(block[candidate..]) != four)
            {
                at++;
                continue;
            }

            WriteLiteral(block[literal..at], output);
            int match = 4 + block[(at + 4)..].CommonPrefixLength(block[(candidate + 4)..]);
            int offset = at - candidate;
            at += match;
            literal = at;
            for (; match > 0; match -= 64)
            {
                int piece = Math.Min(match, 64);
                output.WriteByte((byte)(((piece - 1) << 2) | 2));
                output.WriteByte((byte)offset);
                output.WriteByte((byte)(offset >> 8));
            }
        }

        WriteLiteral(block[literal..], output);
    }

    private static void WriteLiteral(ReadOnlySpan<byte> literal, MemoryStream output)
    {
        if (literal.IsEmpty)
        {
            return;
        }

        int last = literal.Length - 1;
        if (last < 60)
        {
            output.WriteByte((byte)(last << 2));
        }
        else
        {
            output.WriteByte(61 << 2);
            output.WriteByte((byte)last);
            output.WriteByte((byte)(last >> 8));
        }

        output.Write(literal);
    }

    private static int ReadVarint(ReadOnlySpan<byte> input, ref int at)
    {
        int value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = input[at++];
            value |= (b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }

    private static int ReadLittle(ReadOnlySpan<byte> bytes)
    {
        int value = 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }
}
