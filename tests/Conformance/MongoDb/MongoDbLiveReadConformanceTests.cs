using System.Globalization;
using Millrace.Connectors.MongoDb;
using Millrace.Core.Contracts;
using Millrace.Testing.Conformance;
using Millrace.Testing.MongoDb.External;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.ConformanceTests.MongoDb;

/// <summary>
/// A live server keeps the contract of a source where its documents are read, and not its log. The server is the one that
/// <c>MILLRACE_TEST_MONGODB</c> names, or a simulator.
/// </summary>
public abstract class MongoDbLiveReadConformanceTests : SourceConformance, IAsyncLifetime
{
    private const int LongestText = 40;

    private IMongoServer _server = null!;

    private protected abstract ReplicationMethod Method { get; }

    private protected virtual string? CursorField => null;

    /// <inheritdoc/>
    protected override (int Rows, long Bytes) LargestUnit => (1, LongestText + 60);

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _server = await ExternalMongoServer.StartAsync();
        Fill(_server);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    protected override ISource Open(string state)
    {
        // Whatever is read in more than one run begins at a position.
        if (state != "whole")
        {
            NeedsOfPositions(_server);
        }

        var options = new MongoDbOptions { Uri = _server.Uri, Database = _server.Database };
        return new MongoDbConnector().CreateSource(
            new(new ConnectionSettings("live", options, ""), "job/" + state, ["orders"], Method) { Selector = new(["orders"], []), CursorField = CursorField });
    }

    /// <summary>Says what reading on from a position needs of the server.</summary>
    private protected virtual void NeedsOfPositions(IMongoServer server)
    {
    }

    private protected abstract void Fill(IMongoServer server);

    private protected static string TextOf(int i) => new('x', i % LongestText);

    private protected static string Number(int i) => i.ToString("D4", CultureInfo.InvariantCulture);
}
