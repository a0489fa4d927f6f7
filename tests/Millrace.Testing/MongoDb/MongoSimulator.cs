using Millrace.Testing.MongoDb.External;
using Millrace.Testing.MongoDb.Faults;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;
using Millrace.Testing.MongoDb.Wire;

namespace Millrace.Testing.MongoDb;

/// <summary>
/// A MongoDB replica set of one member in this process: it speaks the wire protocol on loopback, and refuses what it does not know.
/// </summary>
public sealed partial class MongoSimulator : IMongoServer
{
    private readonly ServerState _server;
    private readonly WireListener _listener;
    private readonly ITimer? _noops;

    private MongoSimulator(MongoSimulatorOptions options)
    {
        _server = new ServerState(options);
        _listener = new WireListener(_server);
        if (options.NoopInterval is { } interval && _server.HasOplog)
        {
            _noops = options.Time.CreateTimer(_ => WriteNoop(), null, interval, interval);
        }
    }

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port => _server.Port;

    /// <summary>A connection string, without credentials.</summary>
    public string Uri => _server.Options.Mode switch
    {
        MongoSimulatorMode.ReplicaSet => $"mongodb://{_server.Address}/?replicaSet={_server.Options.SetName}",
        MongoSimulatorMode.Standalone => $"mongodb://{_server.Address}/?directConnection=true",
        _ => $"mongodb://{_server.Address}/",
    };

    /// <inheritdoc/>
    public string Database => "shop";

    /// <summary>What shall go wrong.</summary>
    public FaultPlan Faults => _server.Faults;

    /// <summary>What has been done so far.</summary>
    public Counters Counters => _server.Counters;

    /// <summary>Cursors that are open.</summary>
    public int OpenCursors => _server.Cursors.Count;

    /// <summary>Starts a simulator.</summary>
    public static Task<MongoSimulator> StartAsync(MongoSimulatorOptions? options = null) => Task.FromResult(new MongoSimulator(options ?? new MongoSimulatorOptions()));

    /// <summary>Inserts documents, logged as a server logs them.</summary>
    /// <param name="ns">The collection, as <c>db.collection</c>; created where it is not there.</param>
    /// <param name="documents">BSON documents; the arrays are kept, not copied.</param>
    public void Insert(string ns, params IEnumerable<byte[]> documents)
    {
        using (_server.Gate.Write())
        {
            var writer = new DocumentWriter(_server, null, null);
            Collection collection = writer.Collection(ns);
            foreach (byte[] document in documents)
            {
                writer.Insert(collection, document, -1);
            }

            writer.Finish();
        }
    }

    /// <inheritdoc cref="Insert(string, IEnumerable{byte[]})"/>
    public void Insert(string ns, params IEnumerable<Doc> documents) => Insert(ns, documents.Select(d => d.ToBytes()));

    /// <summary>
    /// Reads the documents of a <c>.bson</c> file into a collection. They stand in no log, as if it had rolled over them; a collection that this
    /// creates does.
    /// </summary>
    /// <returns>How many there were.</returns>
    public long Load(string ns, string path)
    {
        byte[] file = File.ReadAllBytes(path);
        var documents = new List<byte[]>();
        for (int at = 0; at < file.Length;)
        {
            int length = BitConverter.ToInt32(file, at);
            documents.Add(file[at..(at + length)]);
            at += length;
        }

        return Load(ns, documents);
    }

    /// <summary>Puts documents into a collection without logging them.</summary>
    /// <returns>How many there were.</returns>
    public long Load(string ns, IEnumerable<byte[]> documents)
    {
        long count = 0;
        using (_server.Gate.Write())
        {
            Collection collection = new DocumentWriter(_server, null, null).Collection(ns);
            foreach (byte[] document in documents)
            {
                if (!collection.Insert(ValueKey.OfId(document), document))
                {
                    throw new ArgumentException($"Two documents of {ns} have one _id.", nameof(documents));
                }

                count++;
            }
        }

        return count;
    }

    /// <summary>The full names of all collections.</summary>
    public IReadOnlyList<string> Namespaces
    {
        get
        {
            using (_server.Gate.Read())
            {
                return [.. _server.Catalog.All.Select(c => c.Namespace)];
            }
        }
    }

    /// <summary>The documents of a collection, in natural order.</summary>
    public IReadOnlyList<byte[]> Documents(string ns)
    {
        using (_server.Gate.Read())
        {
            return _server.Catalog[ns] is { } collection ? [.. new Query.FindPlan(collection, []).Documents()] : [];
        }
    }

    /// <summary>The entries of the oplog.</summary>
    public IReadOnlyList<byte[]> OplogEntries()
    {
        using (_server.Gate.Read())
        {
            var records = _server.Oplog.Records;
            return [.. Enumerable.Range(0, (int)(records.End - records.First)).Select(i => records[records.First + i]!.Bytes)];
        }
    }

    // It has whatever tests need of a server.
    void IMongoServer.Needs(MongoGap gap)
    {
    }

    void IMongoServer.InTransaction(Action<IMongoTransaction> changes) => InTransaction((SimulatedTransaction t) => changes(t));

    /// <summary>Closes all sockets at once.</summary>
    public void CloseConnections() => _listener.CloseAll();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_noops is not null)
        {
            await _noops.DisposeAsync().ConfigureAwait(false);
        }

        await _listener.DisposeAsync().ConfigureAwait(false);
        _server.Dispose();
    }
}
