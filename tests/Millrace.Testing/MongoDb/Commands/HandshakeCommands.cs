using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Auth;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>hello, and its older name isMaster.</summary>
internal static class HandshakeCommands
{
    public static async ValueTask Hello(CommandContext context)
    {
        ServerState server = context.Server;
        await AwaitChangeAsync(context).ConfigureAwait(false);
        bool primary = server.Topology.IsPrimary;
        var reply = new Doc { { "helloOk", true } };
        reply.Add(context.Name == "hello" ? "isWritablePrimary" : "ismaster", primary);
        if (server.Options.Mode == MongoSimulatorMode.ReplicaSet)
        {
            AddReplicaSet(reply, server, primary);
        }
        else if (server.Options.Mode == MongoSimulatorMode.Sharded)
        {
            reply.Add("msg", "isdbgrid");
        }

        reply.Add("topologyVersion", server.Topology.TopologyVersion);
        reply.Add("maxBsonObjectSize", 16 * 1024 * 1024);
        reply.Add("maxMessageSizeBytes", 48_000_000);
        reply.Add("maxWriteBatchSize", 100_000);
        reply.Add("localTime", Leaf.Date(server.Options.Time.GetUtcNow()));
        reply.Add("logicalSessionTimeoutMinutes", 30);
        reply.Add("connectionId", context.Client.Number);
        reply.Add("minWireVersion", server.Options.MinWireVersion);
        reply.Add("maxWireVersion", server.Options.MaxWireVersion);
        reply.Add("readOnly", false);
        if (context["compression"] is Arr wanted)
        {
            Node[] agreed = [.. wanted.Where(c => server.Options.Compressors.Contains(c.AsString()))];
            if (agreed.Length > 0)
            {
                reply.Add("compression", Arr.Of(agreed));
            }
        }

        if (context["saslSupportedMechs"].AsString() is { } user && Authentication.MechanismsOf(server, user) is { Length: > 0 } mechanisms)
        {
            reply.Add("saslSupportedMechs", Arr.Of(mechanisms.Select(m => (Node)m)));
        }

        reply.WriteInto(context.Reply);
    }

    private static void AddReplicaSet(Doc reply, ServerState server, bool primary)
    {
        reply.Add("secondary", !primary);
        reply.Add("hosts", Arr.Of([server.Address]));
        reply.Add("setName", server.Options.SetName);
        reply.Add("setVersion", 1);
        if (primary)
        {
            reply.Add("primary", server.Address);
            reply.Add("electionId", server.Topology.Election);
        }

        reply.Add("me", server.Address);
        var time = new Doc { { "ts", Leaf.Timestamp(server.Oplog.LastTimestamp) }, { "t", server.Oplog.Term } };
        Leaf date = Leaf.Date(server.Options.Time.GetUtcNow());
        reply.Add("lastWrite", new Doc { { "opTime", time }, { "lastWriteDate", date }, { "majorityOpTime", time }, { "majorityWriteDate", date } });
    }

    // A client that tells what it knows waits until that is no longer true.
    private static async ValueTask AwaitChangeAsync(CommandContext context)
    {
        if (context["topologyVersion"] is not Doc known || context.Number("maxAwaitTimeMS") is not { } most)
        {
            return;
        }

        Task change = context.Server.Topology.Changed.Next;
        if (context.Server.Topology.IsKnown(known))
        {
            await Task.WhenAny(change, Task.Delay(TimeSpan.FromMilliseconds(most), context.Cancellation)).ConfigureAwait(false);
            context.Cancellation.ThrowIfCancellationRequested();
        }
    }
}
