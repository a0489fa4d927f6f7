using System.Globalization;
using Millrace.Connectors.MongoDb;
using Millrace.Connectors.MongoDb.Bson;
using Millrace.Core.Contracts;
using Millrace.Testing.Conformance;
using Millrace.Testing.Mongo;

namespace Millrace.ConformanceTests.MongoDb;

/// <summary>A dump with its oplog keeps the contract of a source. Its largest unit is a transaction of three inserts.</summary>
public sealed class MongoDbDumpConformanceTests : SourceConformance, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("millrace-source-");
    private readonly byte[][] _log = [.. Enumerable.Range(0, 24).Select(Entry)];

    public MongoDbDumpConformanceTests()
    {
        IEnumerable<byte[]> documents = Enumerable.Range(0, 15).Select(i => Bson($$"""{"_id":{{Number(i)}},"text":"{{new string('x', i)}}"}"""));
        DumpWriter.WriteCollection(Dump, "shop.orders", Guid.Empty, documents);
        DumpWriter.WriteFile(Path.Combine(Dump, "oplog.bson"), _log);
    }

    /// <inheritdoc/>
    protected override (int Rows, long Bytes) LargestUnit => (3, _log.Max(e => e.Length));

    private string Dump => Path.Combine(_folder.FullName, "dump");

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    /// <inheritdoc/>
    protected override ISource Open(string state)
    {
        var connection = new ConnectionSettings("backup", new MongoDbOptions { Dump = Dump, Database = "shop" }, _folder.FullName);
        return new MongoDbConnector().CreateSource(new(connection, "job/" + state, ["orders"], ReplicationMethod.ChangeCapture)
        {
            Selector = new(["orders"], []),
            StateDirectory = Path.Combine(_folder.FullName, state),
        });
    }

    private static byte[] Entry(int i) => i % 8 == 5
        ? Bson($$"""{"op":"c","ns":"admin.$cmd","o":{"applyOps":[{{Insert(1000 + i)}},{{Insert(2000 + i)}},{{Insert(3000 + i)}}]},{{Place(i)}}}""")
        : Bson($$"""{"op":"i","ns":"shop.orders","o":{"_id":{{Number(100 + i)}},"n":{{Number(i)}}},{{Place(i)}}}""");

    private static string Insert(int id) => $$$"""{"op":"i","ns":"shop.orders","o":{"_id":{{{Number(id)}}}}}""";

    private static string Place(int i) => $$$"""
        "ts":{"$timestamp":{"t":{{{Number(100 + i)}}},"i":1}},"v":2
        """;

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static byte[] Bson(string json) => ExtendedJsonReader.ReadDocument(json);
}
