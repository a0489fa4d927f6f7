using Millrace.Testing.MongoDb.Values;

namespace Millrace.MongoSimulator;

/// <summary>Orders of about a given size, each of its own, the same at every start.</summary>
internal static class SampleDocuments
{
    public static IEnumerable<byte[]> Make(int count, int bytes)
    {
        var random = new Random(42);
        byte[] id = new byte[12];
        id[0] = 0x65;
        for (int i = 0; i < count; i++)
        {
            BitConverter.TryWriteBytes(id.AsSpan(8), System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(i));
            var document = new Doc
            {
                { "_id", Leaf.ObjectId([.. id]) }, { "number", i }, { "customer", "customer-" + (random.Next() % 10_000) }, { "total", random.Next(100_000) / 100.0 },
                { "placed", Leaf.Date(DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000L + i)) }, { "paid", i % 3 == 0 },
                { "address", new Doc { { "street", "Street " + (i % 500) }, { "city", "City " + (i % 97) }, { "zip", (i % 90_000).ToString("D5") } } },
            };
            int left = bytes - document.ToBytes().Length - 11;
            if (left > 0)
            {
                document.Add("note", new string('x', left));
            }

            yield return document.ToBytes();
        }
    }
}
