using Millrace.Connectors.MongoDb;
using Millrace.Connectors.MongoDb.Live;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Testing.MongoDb.Values;
using Xunit;

namespace Millrace.Testing.MongoDb.External;

/// <summary>
/// A running server, named by <c>MILLRACE_TEST_MONGODB</c>: it is filled through the driver, in a database that no other test has and that is dropped
/// in the end.
/// </summary>
public sealed class ExternalMongoServer : IMongoServer
{
    /// <summary>The environment variable that holds the connection string.</summary>
    public const string Variable = "MILLRACE_TEST_MONGODB";

    private const string Stand = "shop";
    private const int DocumentsOfInsert = 1000;

    private readonly MongoPool _pool;
    private readonly MongoClient _client;
    private readonly LiveServer _server;
    private readonly MongoGaps _gaps;

    private ExternalMongoServer(string uri, MongoGaps gaps)
    {
        Uri = uri;
        Database = $"millrace_test_{Guid.NewGuid():N}"[..30];
        _gaps = gaps;
        _pool = MongoPool.Open("test", uri);
        _client = _pool.Take(CancellationToken.None);
        try
        {
            _server = LiveServer.Ask(_client);
        }
        catch
        {
            Close();
            throw;
        }

        gaps.Add(_server);
    }

    /// <inheritdoc/>
    public string Uri { get; }

    /// <inheritdoc/>
    public string Database { get; }

    /// <summary>The server that the environment names; a simulator where it names none.</summary>
    /// <param name="options">How a simulator is set up.</param>
    public static async Task<IMongoServer> StartAsync(MongoSimulatorOptions? options = null) =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } uri
            ? Connect(uri, MongoGaps.Parse(Environment.GetEnvironmentVariable(MongoGaps.Variable)))
            : await MongoSimulator.StartAsync(options).ConfigureAwait(false);

    /// <summary>Connects to a server.</summary>
    /// <param name="uri">Its connection string.</param>
    /// <param name="gaps">What it is known to lack; what its own description rules out is added.</param>
    public static ExternalMongoServer Connect(string uri, MongoGaps gaps) => new(uri, gaps);

    /// <inheritdoc/>
    public void Needs(MongoGap gap)
    {
        if (_gaps.ReasonOf(gap) is { } reason)
        {
            Assert.Skip($"MongoDB {_server.Version} of {Variable} lacks {MongoGaps.NameOf(gap)}: {reason}.");
        }
    }

    /// <inheritdoc/>
    public void Insert(string ns, params IEnumerable<Doc> documents)
    {
        foreach (Doc[] some in documents.Chunk(DocumentsOfInsert))
        {
            Write(MongoWrites.Insert(NameOf(ns), some));
        }
    }

    /// <inheritdoc/>
    public long Update(string ns, Doc filter, Node update, bool multi = false, bool upsert = false)
    {
        Doc reply = Write(MongoWrites.Update(NameOf(ns), filter, update, multi, upsert));
        return (reply["nModified"].AsLong() ?? 0) + ((reply["upserted"] as Arr)?.Items.Count ?? 0);
    }

    /// <inheritdoc/>
    public long Delete(string ns, Doc filter, bool multi = false) => Write(MongoWrites.Delete(NameOf(ns), filter, multi))["n"].AsLong() ?? 0;

    /// <inheritdoc/>
    public void Create(string ns, Doc? options = null)
    {
        var command = new Doc { { "create", NameOf(ns) } };
        foreach (Field option in options ?? [])
        {
            command.Add(option.Name, option.Value);
        }

        Write(command);
    }

    /// <inheritdoc/>
    public void Drop(string ns) => Write(new Doc { { "drop", NameOf(ns) } });

    /// <inheritdoc/>
    public void Rename(string from, string to, bool dropTarget = false) => Run("admin", Majority(new Doc
    {
        { "renameCollection", $"{Database}.{NameOf(from)}" },
        { "to", $"{Database}.{NameOf(to)}" },
        { "dropTarget", dropTarget },
    }));

    /// <inheritdoc/>
    public void InTransaction(Action<IMongoTransaction> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        using var transaction = new ExternalTransaction(_client, Database, NameOf);
        changes(transaction);
        transaction.Commit();
    }

    /// <inheritdoc/>
    public IReadOnlyList<byte[]> Documents(string ns)
    {
        var found = new List<byte[]>();
        using MongoCursor cursor = _client.Find(new MongoNamespace(Database, NameOf(ns)), new Doc().ToBytes(), new Doc().ToBytes());
        while (cursor.Next(out ReadOnlySpan<byte> document))
        {
            found.Add(document.ToArray());
        }

        return found;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        try
        {
            Write(new Doc { { "dropDatabase", 1 } });
        }
        finally
        {
            Close();
        }

        return default;
    }

    private static string NameOf(string ns)
    {
        var name = MongoNamespace.Parse(ns);
        return name.Database == Stand ? name.Collection : throw new ArgumentException($"{ns} is not in {Stand}: a server's other databases are not a test's.", nameof(ns));
    }

    private Doc Write(Doc command) => Run(Database, Majority(command));

    // A run's head of the log is what a majority has: what a test has written is to be before it.
    private Doc Majority(Doc command)
    {
        if (_server.IsReplicated)
        {
            command.Add("writeConcern", new Doc { { "w", "majority" } });
        }

        return command;
    }

    private Doc Run(string database, Doc command) =>
        MongoWrites.Check(Doc.Parse(_client.Run(database, command.ToBytes(), $"to do a test's {command.Fields[0].Name}")));

    private void Close()
    {
        _client.Dispose();
        _pool.Dispose();
    }
}
