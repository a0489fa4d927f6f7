using Millrace.Connectors.MongoDb;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Connectors.MongoDb.Images;
using Millrace.Connectors.MongoDb.Oplog;
using Millrace.Core.Batches;
using Millrace.Core.Contracts;

namespace Millrace.IntegrationTests.MongoDb;

/// <summary>What is held in memory of a log's large entries keeps to its bounds.</summary>
public sealed class BoundedLogTests : IDisposable
{
    private const string Session = """
        ,"lsid":{"id":{"$uuid":"cdd84f08-0bee-4fb1-ac6a-0c6a9a49fb07"}},"txnNumber":{"$numberLong":"NUMBER"}
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-bounds-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public void Entries_of_open_transactions_stand_in_memory_up_to_a_bound_and_in_a_file_beyond_it(long bound)
    {
        var spill = new TransactionSpill(Path.Combine(_folder.FullName, "spill.tmp"), bound);
        using (var transactions = new TransactionAssembler(spill))
        {
            for (int round = 0; round < 3; round++)
            {
                byte[][] first = [.. Enumerable.Range(0, 20).Select(i => Part(1, i))], second = [.. Enumerable.Range(0, 20).Select(i => Part(2, i))];
                foreach ((byte[] one, byte[] other) in first.Zip(second))
                {
                    Accept(transactions, one).ShouldBe(TransactionStep.Wait);
                    Accept(transactions, other).ShouldBe(TransactionStep.Wait);
                    spill.MemoryBytes.ShouldBeLessThanOrEqualTo(bound);
                }

                (spill.FileBytes > 0).ShouldBe(bound < 1_000_000);
                transactions.OpenSince.ShouldBe((100UL << 32) | 1);
                Accept(transactions, End("abortTransaction", 1)).ShouldBe(TransactionStep.Wait);
                transactions.HasDue.ShouldBeFalse();
                Accept(transactions, End("commitTransaction", 2)).ShouldBe(TransactionStep.Apply);
                foreach (byte[] expected in second)
                {
                    transactions.TakeDue().SequenceEqual(expected).ShouldBeTrue();
                }

                transactions.HasDue.ShouldBeFalse();
                spill.MemoryBytes.ShouldBe(0);
                spill.FileBytes.ShouldBe(0);
            }
        }

        _folder.GetFiles().ShouldBeEmpty();
    }

    [Fact]
    public void A_renamed_collection_is_handed_out_batch_by_batch()
    {
        const int documents = 5000;
        using AfterImages images = AfterImages.Open(Path.Combine(_folder.FullName, "state"));
        int number = images.CollectionOf("shop.a");
        for (int i = documents - 1; i >= 0; i--)
        {
            Put(images, number, i);
            if (i == documents / 2)
            {
                // Half of them are stored by now, half are not.
                images.Mark(50, 0);
                images.Acknowledge(50);
            }
        }

        var names = new DatasetNames(null, [], DatasetSelector.All);
        using var window = new ChangeWindow("log", false, maxRows: 100, maxBytes: 1 << 20);
        using var applier = new OplogApplier(
            new LogCollections(new(names, null, LogPurpose.GoOn)), images, window, new(SourceRunner.Settings(new(), ReplicationMethod.ChangeCapture, ""), false), OnDrop.Ignore, static _ => { })
        {
            IsEmitting = true,
        };
        byte[] rename = DumpWriter.Bson(DumpWriter.Entry(100, "c", "shop.$cmd", """{"renameCollection":"shop.a","to":"shop.b"}"""));
        applier.Begin(100UL << 32, 0);
        applier.Apply(OplogEntry.Parse(rename), rename);

        window.Rows.ShouldBe(0);
        var ids = new List<long>();
        while (applier.EmitRenamed())
        {
            window.Ready.ShouldBeLessThanOrEqualTo(1);
            while (window.HasReady)
            {
                Take(window, ids);
            }
        }

        window.Close(MongoDbPositions.Oplog(100), new("", ""));
        while (window.HasReady)
        {
            Take(window, ids);
        }

        ids.ShouldBe(Enumerable.Range(0, documents).Select(i => (long)i));
    }

    [Fact]
    public void Batches_are_bounded_in_bytes_for_one_collection_and_for_all()
    {
        using var window = new ChangeWindow("log", false, maxRows: 1_000_000, maxBytes: 10_000);
        var collections = new LogCollections(new(new DatasetNames(null, [], DatasetSelector.All), null, LogPurpose.GoOn));
        byte[] document = DumpWriter.Bson($"{{\"_id\":1,\"t\":\"{new string('x', 3000)}\"}}");
        int most = 0;
        for (int i = 0; i < 400; i++)
        {
            window.AddChange(collections[new("shop", "c" + (i % 40))], document, ChangeKind.Insert, "mongodb.oplog/x"u8, 0);
            while (window.HasReady)
            {
                using RecordBatch batch = window.Take();
                batch.Position.ShouldBeNull();
                most = Math.Max(most, batch.RowCount);
            }

            window.Held.ShouldBeLessThan(40_000 + document.Length);
        }

        most.ShouldBeInRange(1, 4);
    }

    private static void Put(AfterImages images, int number, int id)
    {
        byte[] document = DumpWriter.Bson($"{{\"_id\":{id},\"v\":1}}");
        var reader = new BsonReader(document);
        reader.Find("_id"u8);
        images.Put(number, reader.Current, document);
    }

    private static void Take(ChangeWindow window, List<long> ids)
    {
        using RecordBatch batch = window.Take();
        batch.RowCount.ShouldBeLessThanOrEqualTo(100);
        for (int row = 0; row < batch.RowCount; row++)
        {
            ids.Add(((Column<long>)batch.Columns[0]).Values[row]);
        }
    }

    private static TransactionStep Accept(TransactionAssembler transactions, byte[] document) => transactions.Accept(OplogEntry.Parse(document), document);

    private static byte[] Part(int number, int part) => DumpWriter.Bson(DumpWriter.Entry(
        (uint)(100 + part), "c", "admin.$cmd", $"{{\"applyOps\":[{{\"op\":\"i\",\"ns\":\"shop.b\",\"o\":{{\"_id\":{part}}}}}],\"partialTxn\":true}}", more: OfSession(number)));

    private static byte[] End(string command, int number) =>
        DumpWriter.Bson(DumpWriter.Entry(200, "c", "admin.$cmd", $"{{\"{command}\":1}}", more: OfSession(number)));

    private static string OfSession(int number) => Session.Replace("NUMBER", number.ToString());
}
