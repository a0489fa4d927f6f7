using Millrace.Connectors.MongoDb.Live.Following;
using Millrace.Connectors.MongoDb.Native;
using Millrace.Core.Config;
using Millrace.Core.Contracts;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>Tries a connection to a server: each thing that could be wrong is a finding of its own.</summary>
internal static class LiveChecks
{
    /// <summary>Runs the checks.</summary>
    public static IReadOnlyList<CheckFinding> Run(LiveConnection connection, CancellationToken cancellationToken)
    {
        var findings = new List<CheckFinding>();
        LiveServer? server = null;
        using MongoPool pool = connection.Open();
        using MongoClient client = pool.Take(cancellationToken);
        Finding.Add(findings, "server", () =>
        {
            server = LiveServer.Ask(client);
            return $"MongoDB {server.Version} ({Describe(server)}), libmongoc {MongocLibrary.EnsureLoaded()}";
        });
        if (server is null)
        {
            return findings;
        }

        cancellationToken.ThrowIfCancellationRequested();
        Finding.Add(findings, connection.Database is { } database ? $"collections of {database}" : "databases and collections", () =>
            Quantity.Of(LiveCatalog.List(client, connection.Database).Count, "collection"));
        cancellationToken.ThrowIfCancellationRequested();
        Finding.Add(findings, "log of changes", () => LogOf(client, server, connection));
        return findings;
    }

    private static string Describe(LiveServer server) =>
        server.IsSharded ? "a sharded cluster" : server.SetName is { } set ? $"replica set {set}" : "a standalone: full_refresh and incremental only";

    private static string LogOf(MongoClient client, LiveServer server, LiveConnection connection)
    {
        if (!server.IsReplicated)
        {
            return "none: change_capture needs a replica set";
        }

        if (connection.Capture == MongoDbCapture.ChangeStreams)
        {
            var scope = StreamScope.Of(connection.Database, []);
            using MongoChangeStream stream = new StreamQuery(server, connection.UpdateImages).Open(client, scope, StreamStart.Now);
            return "change streams can be opened";
        }

        OplogFacts facts = OplogFacts.Of(client, server);
        return $"the oplog reaches from {MongoDbPositions.Describe(facts.First)} to {MongoDbPositions.Describe(facts.Last)}";
    }
}
