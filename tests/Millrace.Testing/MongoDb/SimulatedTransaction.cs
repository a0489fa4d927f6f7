using Millrace.Testing.MongoDb.External;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Updates;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb;

/// <summary>The changes of one transaction.</summary>
public sealed class SimulatedTransaction : IMongoTransaction
{
    private readonly DocumentWriter _writer;

    internal SimulatedTransaction(ServerState server, Transaction transaction) => _writer = new DocumentWriter(server, transaction, null);

    /// <summary>Inserts a document.</summary>
    public void Insert(string ns, Doc document)
    {
        ArgumentNullException.ThrowIfNull(document);
        _writer.Insert(_writer.Collection(ns), document.ToBytes(), -1);
    }

    /// <summary>Updates or replaces documents.</summary>
    public void Update(string ns, Doc filter, Node update, bool multi = false) =>
        _writer.Update(_writer.Collection(ns), filter, DocumentUpdate.Parse(update, multi), multi, false, null, -1);

    /// <summary>Deletes documents.</summary>
    public void Delete(string ns, Doc filter, bool multi = false) => _writer.Delete(_writer.Collection(ns), filter, multi, null, -1);
}
