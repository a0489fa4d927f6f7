using Millrace.Testing.MongoDb.Cursors;
using Millrace.Testing.MongoDb.Faults;
using Millrace.Testing.MongoDb.Oplog;
using Millrace.Testing.MongoDb.Storage;

namespace Millrace.Testing.MongoDb.Server;

/// <summary>What all connections share.</summary>
internal sealed class ServerState : IDisposable
{
    public const string OplogNamespace = "local.oplog.rs";

    public ServerState(MongoSimulatorOptions options)
    {
        Options = options;
        Oplog = new OplogStore(options);
        Log = new OplogWriter(Oplog, options);
        Topology = new Topology(this);
        Cursors = new CursorTable();
        Sessions = new SessionTable();
        if (HasOplog)
        {
            Log.Noop("initiating set");
            Log.Noop("new primary");
        }
    }

    public MongoSimulatorOptions Options { get; }

    public Gate Gate { get; } = new();

    public Catalog Catalog { get; } = new();

    public OplogStore Oplog { get; }

    public OplogWriter Log { get; }

    public ChangeSignal Changed { get; } = new();

    public Topology Topology { get; }

    public CursorTable Cursors { get; }

    public SessionTable Sessions { get; }

    public FaultPlan Faults { get; } = new();

    public Counters Counters { get; } = new();

    /// <summary>The port that is listened on.</summary>
    public int Port { get; set; }

    /// <summary>Whether the server keeps an oplog: a sharded cluster does too, but shows it to nobody.</summary>
    public bool HasOplog => Options.Mode != MongoSimulatorMode.Standalone;

    public string Address => $"127.0.0.1:{Port}";

    public void Dispose()
    {
        Gate.Dispose();
        Log.Dispose();
    }
}
