using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Server;

/// <summary>Who is primary, and the version of that knowledge that hello tells.</summary>
internal sealed class Topology(ServerState server)
{
    private readonly Leaf _process = Leaf.NewObjectId(server.Options.Time.GetUtcNow());
    private Leaf _election = Leaf.NewObjectId(server.Options.Time.GetUtcNow());
    private long _version;

    public bool IsPrimary { get; private set; } = true;

    public ChangeSignal Changed { get; } = new();

    public long Version => Interlocked.Read(ref _version);

    public Leaf Election => _election;

    public Doc TopologyVersion => new() { { "processId", _process }, { "counter", Version } };

    /// <summary>Whether a client's version is the one of now.</summary>
    public bool IsKnown(Doc version) => version["processId"]?.Same(_process) == true && version["counter"].AsLong() == Version;

    public void SetPrimary(bool isPrimary)
    {
        IsPrimary = isPrimary;
        if (isPrimary)
        {
            _election = Leaf.NewObjectId(server.Options.Time.GetUtcNow());
        }

        Interlocked.Increment(ref _version);
        Changed.Pulse();
    }
}
