using System.Numerics;
using System.Text;
using Millrace.EndToEndTests.Support;
using Millrace.Testing.Mongo;

namespace Millrace.EndToEndTests.Replication;

/// <summary>Documents as no one would write them, through the program and back: each is in its table with every value, or in quarantine with a reason.</summary>
public sealed class HostileValueTests
{
    private const string Orders = "shop.orders";

    public static TheoryData<string> Names => Warehouses.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_document_is_in_the_table_or_in_quarantine(string name)
    {
        using var folder = new TemporaryFolder();
        using Warehouse warehouse = Warehouses.Create(name, folder);
        (string What, BsonDoc Document, bool IsRefusedByPostgreSql)[] cases = [.. Cases()];
        DumpWriter.WriteCollection(folder["dump"], Orders, Guid.NewGuid(), cases.Select(c => c.Document.ToBytes()));
        Directory.CreateDirectory(folder["oplog"]);
        var project = new ReplicationProject(folder, warehouse);
        RunEnd end = RunEnd.Read(project.Run().ShouldExitWith(0));

        Dictionary<string, string[]> all = IndependentReplay.Run(folder["replayed"], folder["dump"], []);
        string[] documents = all[Orders];
        bool isPostgreSql = name == "postgresql";
        string[] loaded = [.. documents.Where((_, i) => !(isPostgreSql && cases[i].IsRefusedByPostgreSql))];
        project.Compare(new() { [Orders] = loaded }).Differences.ShouldBeEmpty();
        end.Quarantined.ShouldBe(documents.Length - loaded.Length);
        string quarantine = $"SELECT raw, reason FROM {warehouse.DefaultSchema}._millrace_quarantine";
        warehouse.Query(quarantine).Count.ShouldBe(documents.Length - loaded.Length);
        warehouse.Query(quarantine).ShouldAllBe(r => r["reason"].Text.Length > 0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Random_documents_come_back_equal(string name)
    {
        foreach (int seed in Enumerable.Range(1000, Repository.IsLong ? 40 : 1))
        {
            using var folder = new TemporaryFolder();
            using Warehouse warehouse = Warehouses.Create(name, folder);
            var random = new RandomDocuments(new Random(seed));
            foreach (IdKind kind in Enum.GetValues<IdKind>())
            {
                IEnumerable<byte[]> documents = Enumerable.Range(0, 60).Select(i => random.Next(kind, i * 6).ToBytes());
                DumpWriter.WriteCollection(folder["dump"], "shop." + kind, Guid.NewGuid(), documents);
            }

            Directory.CreateDirectory(folder["oplog"]);
            var project = new ReplicationProject(folder, warehouse);
            project.Run().ShouldExitWith(0);
            ComparisonResult result = project.Compare(IndependentReplay.Run(folder["replayed"], folder["dump"], []));
            result.Differences.ShouldBeEmpty($"seed {seed}");
            result.Rows.ShouldBe(60 * Enum.GetValues<IdKind>().Length);
        }
    }

    private static IEnumerable<(string What, BsonDoc Document, bool IsRefusedByPostgreSql)> Cases()
    {
        int id = 0;
        foreach ((string what, BsonNode value, bool refused) in Values())
        {
            yield return (what, new BsonDoc().Add("_id", BsonLeaf.Int32(++id)).Add("v", value), refused);
        }

        var wide = new BsonDoc().Add("_id", BsonLeaf.Int32(++id));
        foreach (int i in Enumerable.Range(0, 300))
        {
            wide.Add("field" + i, BsonLeaf.Int32(i));
        }

        yield return ("three hundred fields", wide, false);
        yield return ("odd names", OddNames(++id), false);
        yield return ("only an _id", new BsonDoc().Add("_id", BsonLeaf.Int32(++id)), false);
    }

    private static IEnumerable<(string What, BsonNode Value, bool IsRefusedByPostgreSql)> Values()
    {
        yield return ("NUL in text", BsonLeaf.String("a\0b"), true);
        yield return ("NUL in nested text", new BsonDoc().Add("t", BsonLeaf.String("a\0b")), true);
        yield return ("an escaped NUL as plain text", new BsonDoc().Add("t", BsonLeaf.String(@"a\u0000b")), false);
        yield return ("the last date", BsonLeaf.Date(long.MaxValue), false);
        yield return ("the first date", BsonLeaf.Date(long.MinValue), false);
        yield return ("year 10000", BsonLeaf.Date(253_402_300_800_000), false);
        yield return ("year 29000", BsonLeaf.Date(853_000_000_000_000), false);
        yield return ("year -5000, before PostgreSQL's first", BsonLeaf.Date(-219_900_000_000_000), true);
        yield return ("year -4000", BsonLeaf.Date(-188_000_000_000_000), false);
        yield return ("nested last date", new BsonDoc().Add("d", BsonLeaf.Date(long.MaxValue)), false);
        yield return ("a long text", BsonLeaf.String(new string('ä', 1_000_000)), false);
        yield return ("deep nesting", Deep(100), false);
        yield return ("the largest decimal", BsonLeaf.Decimal(BigInteger.Pow(10, 34) - 1, 6111), false);
        yield return ("the smallest decimal", BsonLeaf.Decimal(1, -6176), false);
        yield return ("a decimal of 38 digits with its zeros", BsonLeaf.Decimal(BigInteger.Pow(10, 33), 4), false);
        yield return ("negative zero", BsonLeaf.Double(-0.0), false);
        yield return ("a denormal", BsonLeaf.Double(double.Epsilon), false);
        yield return ("nested doubles", new BsonDoc().Add("a", BsonLeaf.Double(double.MaxValue)).Add("b", BsonLeaf.Double(double.Epsilon)).Add("c", BsonLeaf.Double(double.NaN)), false);
        yield return ("int64 ends", BsonLeaf.Int64(long.MinValue), false);
        yield return ("empty document", new BsonDoc(), false);
        yield return ("empty array", BsonList.Of([]), false);
        yield return ("text that looks like JSON", BsonLeaf.String("{\"a\": [1, 2"), false);
        yield return ("every control character but NUL", BsonLeaf.String(string.Concat(Enumerable.Range(1, 31).Select(c => (char)c))), false);
        yield return ("nested control characters", BsonList.Of([BsonLeaf.String("\u0001\u001f\u007f\u2028\ud83d\ude00")]), false);
    }

    private static BsonDoc OddNames(int id)
    {
        var doc = new BsonDoc().Add("_id", BsonLeaf.Int32(id));
        string[] names =
        [
            "", " ", ".", "$", "a.b", "a\"b", "a'b", "a`b", "a;b--", "v__v_text", "V", "_ID", "_millrace_run_id", "_millrace_deleted_at", "_MILLRACE_POSITION", "rowid",
            "ctid", "xmin", "oid", "tableoid", "select", "user", "table", "null", new string('n', 63), new string('n', 64), new string('n', 300), "Ωμέγα", "ß", "SS", "\ud83d\ude00", "\n",
        ];
        foreach (string name in names)
        {
            doc.Add(name, BsonLeaf.String("value of " + Encoding.UTF8.GetByteCount(name) + name));
        }

        return doc;
    }

    private static BsonNode Deep(int levels) => levels == 0 ? BsonLeaf.Int32(levels) : new BsonDoc().Add("d", Deep(levels - 1));
}
