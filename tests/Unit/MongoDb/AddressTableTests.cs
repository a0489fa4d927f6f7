using FsCheck;
using FsCheck.Fluent;
using Millrace.Connectors.MongoDb.Images;

namespace Millrace.UnitTests.MongoDb;

/// <summary>The addresses of keys, against a dictionary.</summary>
public sealed class AddressTableTests
{
    /// <summary>Keys of one hash stand in one run of slots, so few hashes make many meet.</summary>
    [Fact]
    public void Every_key_has_its_last_address_until_that_is_dropped()
    {
        Arbitrary<(int[] Steps, int Hashes)> loads = (
            from steps in Gen.Choose(-40, 3000).ArrayOf(4000)
            from hashes in Gen.Elements(1, 7, 5000)
            select (steps, hashes)).ToArbitrary();
        Prop.ForAll(loads, load =>
        {
            var table = new AddressTable();
            var expected = new Dictionary<int, long>();
            var keyAt = new List<int>();
            foreach (int step in load.Steps)
            {
                if (step < 0)
                {
                    // Some, all or none of what there is.
                    long end = keyAt.Count * (long)-step / 40;
                    table.DropBefore(end);
                    foreach (int gone in expected.Where(e => e.Value < end).Select(e => e.Key).ToArray())
                    {
                        expected.Remove(gone);
                    }
                }
                else
                {
                    int key = load.Hashes == 1 ? step % 60 : step;
                    table.Set(Find(table, keyAt, key, load.Hashes), Hash(key, load.Hashes), keyAt.Count);
                    expected[key] = keyAt.Count;
                    keyAt.Add(key);
                }
            }

            table.Count.ShouldBe(expected.Count);
            Enumerable.Range(0, table.Slots).Select(table.AddressAt).Where(a => a != AddressTable.Free).ShouldBe(expected.Values, ignoreOrder: true);
            Enumerable.Range(0, 3000)
                .Where(k => table.AddressAt(Find(table, keyAt, k, load.Hashes)) != expected.GetValueOrDefault(k, AddressTable.Free))
                .ShouldBeEmpty();
        }).QuickCheckThrowOnFailure();
    }

    private static ulong Hash(int key, int hashes) => 0x9E3779B97F4A7C15UL * (ulong)(key % hashes);

    private static int Find(AddressTable table, List<int> keyAt, int key, int hashes)
    {
        ulong hash = Hash(key, hashes);
        int slot = table.First(hash);
        while (table.AddressAt(slot) is not AddressTable.Free and var address && keyAt[(int)address] != key)
        {
            slot = table.After(slot, hash);
        }

        return slot;
    }
}
