namespace Millrace.IntegrationTests.MongoDb;

/// <summary>Writes mongodump archives, independently of the product: bit by bit where the product uses tables.</summary>
internal sealed class ArchiveWriter
{
    private static readonly byte[] Terminator = [0xff, 0xff, 0xff, 0xff];

    private readonly List<byte> _bytes = [];
    private readonly Dictionary<string, ulong> _checksums = new(StringComparer.Ordinal);

    public byte[] Bytes => _bytes.ToArray();

    public void Prelude(params (string Database, string Collection)[] collections)
    {
        _bytes.AddRange(new byte[] { 0x6d, 0xe2, 0x99, 0x81 });
        _bytes.AddRange(DumpWriter.Bson("""{"concurrent_collections":4,"version":"0.1","server_version":"7.0.0","tool_version":"100.9.0"}"""));
        foreach ((string database, string collection) in collections)
        {
            _bytes.AddRange(DumpWriter.Bson(
                $$"""{"db":"{{database}}","collection":"{{collection}}","metadata":"{\"options\":{},\"indexes\":[]}","size":10,"type":"collection"}"""));
        }

        _bytes.AddRange(Terminator);
    }

    public void Block(string database, string collection, params string[] documents)
    {
        _bytes.AddRange(Header(database, collection, false, 0));
        foreach (string json in documents)
        {
            byte[] document = DumpWriter.Bson(json);
            _bytes.AddRange(document);
            string name = $"{database}.{collection}";
            _checksums[name] = Crc(_checksums.GetValueOrDefault(name), document);
        }

        _bytes.AddRange(Terminator);
    }

    public void End(string database, string collection, ulong fault = 0)
    {
        _bytes.AddRange(Header(database, collection, true, (long)(_checksums[$"{database}.{collection}"] ^ fault)));
        _bytes.AddRange(Terminator);
    }

    private static byte[] Header(string database, string collection, bool end, long checksum) => DumpWriter.Bson(
        $$$"""{"db":"{{{database}}}","collection":"{{{collection}}}","EOF":{{{(end ? "true" : "false")}}},"CRC":{"$numberLong":"{{{checksum}}}"}}""");

    private static ulong Crc(ulong crc, byte[] bytes)
    {
        crc = ~crc;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xC96C5795D7870F42 : crc >> 1;
            }
        }

        return ~crc;
    }
}
