namespace Millrace.Testing.Mongo;

/// <summary>
/// A dump and the oplog files that follow it, growing: each new file begins some entries before the end of what was written, as
/// <c>mongodump --query</c> with <c>{ts: {$gte: last}}</c> gives it.
/// </summary>
/// <param name="folder">A folder of its own: <c>dump/</c> and <c>oplog/</c> are made in it.</param>
/// <param name="script">What changes the server.</param>
/// <param name="seed">Decides overlaps and gzip.</param>
public sealed class OplogChain(string folder, ChangeScript script, int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<string> _files = [];
    private int _written;

    /// <summary>The dump's folder.</summary>
    public string Dump { get; } = Path.Combine(folder, "dump");

    /// <summary>The folder of the further oplog files.</summary>
    public string Oplog { get; } = Path.Combine(folder, "oplog");

    /// <summary>The further oplog files, in order.</summary>
    public IReadOnlyList<string> Files => _files;

    /// <summary>
    /// Dumps as <c>mongodump --oplog</c> does: collections one after another while changes go on, and the log of that time, so that the documents
    /// alone are of no one moment.
    /// </summary>
    /// <param name="steps">Changes between two collections; 0 for a dump at rest.</param>
    public void WriteDump(int steps)
    {
        int first = Math.Max(0, script.Model.Log.Count - 1);
        foreach ((string ns, ModelCollection collection) in script.Model.Collections.ToArray())
        {
            BsonDoc[] documents = [.. collection.Documents];
            DumpWriter.WriteCollection(Dump, ns, collection.Id, Halfway(documents, collection, steps), _random.Next(3) == 0);
        }

        Directory.CreateDirectory(Oplog);
        DumpWriter.WriteFile(Path.Combine(Dump, "oplog.bson"), script.Model.Log.Skip(first).Select(e => e.Bytes), _random.Next(3) == 0);
        _written = script.Model.Log.Count;
    }

    /// <summary>Lets changes happen and writes their log as the next file.</summary>
    /// <returns>The file, or its name with <c>.gz</c>.</returns>
    public string WriteNext(int steps)
    {
        script.Run(steps);
        int from = Math.Max(0, _written - _random.Next(1, 20));
        bool gzip = _random.Next(4) == 0;
        string path = Path.Combine(Oplog, $"oplog-{_files.Count + 1:D4}.bson");
        DumpWriter.WriteFile(path, script.Model.Log.Skip(from).Select(e => e.Bytes), gzip);
        _written = script.Model.Log.Count;
        _files.Add(gzip ? path + ".gz" : path);
        return _files[^1];
    }

    // The first half is read, then the server goes on, and the second half is read as it is by then: a document may be missing from the
    // dump, or be newer in it than the log's next entry for it.
    private IEnumerable<byte[]> Halfway(BsonDoc[] documents, ModelCollection collection, int steps)
    {
        int half = steps == 0 ? documents.Length : documents.Length / 2;
        var read = new List<byte[]>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (BsonDoc document in documents.Take(half))
        {
            read.Add(document.ToBytes());
            seen.Add(ModelCollection.KeyOf(document));
        }

        if (steps > 0)
        {
            script.Run(steps);
            read.AddRange(collection.Documents.Where(d => !seen.Contains(ModelCollection.KeyOf(d))).Select(d => d.ToBytes()));
        }

        return read;
    }
}
