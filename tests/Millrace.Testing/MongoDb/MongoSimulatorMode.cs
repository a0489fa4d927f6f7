namespace Millrace.Testing.MongoDb;

/// <summary>What the simulator pretends to be.</summary>
public enum MongoSimulatorMode
{
    /// <summary>A replica set of one member, with an oplog.</summary>
    ReplicaSet,

    /// <summary>A single server: no oplog, no change streams, no transactions.</summary>
    Standalone,

    /// <summary>A mongos: change streams, but no oplog that a client could read.</summary>
    Sharded,
}
