using System.Runtime.CompilerServices;
using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Decoding;

/// <summary>
/// Finds names that stand twice in one document. BSON allows them and MongoDB keeps them, but a column of JSON does not: jsonb keeps the last
/// value and says nothing, so such a document cannot be a value.
/// </summary>
internal static class RepeatedNames
{
    private const int FewNames = 48;

    /// <summary>Checks a document or array and all that stand in it.</summary>
    /// <param name="document">Its bytes.</param>
    /// <param name="isArray">True for an array, whose names do not matter.</param>
    /// <exception cref="Core.Errors.MillraceException">MR1114: a name is repeated. MR1101: it is not valid BSON.</exception>
    public static void Reject(ReadOnlySpan<byte> document, bool isArray)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        ulong seen = 0;
        int count = 0;
        HashSet<int>? many = null;
        var reader = new BsonReader(document);
        while (reader.Next())
        {
            if (!isArray && MayRepeat(document, reader.Name, count++, ref seen, ref many) && Find(document, reader.Name, count - 1))
            {
                DecodeThrow.RepeatedName(reader.Name);
            }

            if (reader.Type is BsonType.Document or BsonType.Array)
            {
                Reject(reader.Value, reader.Type == BsonType.Array);
            }
        }
    }

    /// <summary>
    /// False where the name was surely not met before. A few names are told apart by a bit each, many by their hash, so that the cost of a document
    /// stays in proportion to its size whatever stands in it.
    /// </summary>
    private static bool MayRepeat(ReadOnlySpan<byte> document, ReadOnlySpan<byte> name, int count, ref ulong seen, ref HashSet<int>? many)
    {
        if (count >= FewNames)
        {
            return !(many ??= HashesOf(document, count)).Add(HashOf(name));
        }

        int mixed = name.Length == 0 ? 0 : (name.Length * 37) + (name[0] * 31) + (name[^1] * 17) + (name[name.Length / 2] * 7);
        ulong bit = 1UL << (mixed & 63);
        bool wasSet = (seen & bit) != 0;
        seen |= bit;
        return wasSet;
    }

    private static HashSet<int> HashesOf(ReadOnlySpan<byte> document, int count)
    {
        var hashes = new HashSet<int>();
        var reader = new BsonReader(document);
        while (count-- > 0 && reader.Next())
        {
            hashes.Add(HashOf(reader.Name));
        }

        return hashes;
    }

    private static int HashOf(ReadOnlySpan<byte> name)
    {
        var hash = default(HashCode);
        hash.AddBytes(name);
        return hash.ToHashCode();
    }

    private static bool Find(ReadOnlySpan<byte> document, ReadOnlySpan<byte> name, int before)
    {
        var reader = new BsonReader(document);
        for (int i = 0; i < before && reader.Next(); i++)
        {
            if (reader.Name.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }
}
