using Millrace.Connectors.MongoDb.Native;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.External;

/// <summary>A transaction on a running server. One that is not committed ends with its session.</summary>
internal sealed unsafe class ExternalTransaction : IMongoTransaction, IDisposable
{
    private const string Doing = "to do a test's transaction";

    private readonly MongoClient _client;
    private readonly string _database;
    private readonly Func<string, string> _nameOf;
    private readonly nint _session;

    /// <summary>Begins one.</summary>
    /// <param name="client">Whose thread this is.</param>
    /// <param name="database">The test's database.</param>
    /// <param name="nameOf">The collection of a full name.</param>
    public ExternalTransaction(MongoClient client, string database, Func<string, string> nameOf)
    {
        _client = client;
        _database = database;
        _nameOf = nameOf;
        MongocError error = default;
        _session = MongocNative.mongoc_client_start_session(client.Handle, 0, &error);
        if (_session == 0)
        {
            throw client.Errors.Make(error, Doing);
        }

        nint majority = TransactionNative.mongoc_write_concern_new();
        TransactionNative.mongoc_write_concern_set_wmajority(majority, 0);
        nint options = TransactionNative.mongoc_transaction_opts_new();
        TransactionNative.mongoc_transaction_opts_set_write_concern(options, majority);
        byte went = TransactionNative.mongoc_client_session_start_transaction(_session, options, &error);
        TransactionNative.mongoc_transaction_opts_destroy(options);
        TransactionNative.mongoc_write_concern_destroy(majority);
        if (went == 0)
        {
            Dispose();
            throw client.Errors.Make(error, Doing);
        }
    }

    /// <inheritdoc/>
    public void Insert(string ns, Doc document) => Run(MongoWrites.Insert(_nameOf(ns), [document]));

    /// <inheritdoc/>
    public void Update(string ns, Doc filter, Node update, bool multi = false) =>
        Run(MongoWrites.Update(_nameOf(ns), filter, update, multi, upsert: false));

    /// <inheritdoc/>
    public void Delete(string ns, Doc filter, bool multi = false) => Run(MongoWrites.Delete(_nameOf(ns), filter, multi));

    /// <summary>Commits, so that a majority has it.</summary>
    public void Commit()
    {
        MongocError error = default;
        using NativeReply reply = NativeReply.Create();
        if (TransactionNative.mongoc_client_session_commit_transaction(_session, reply.Handle, &error) == 0)
        {
            throw _client.Errors.Make(error, Doing);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => MongocNative.mongoc_client_session_destroy(_session);

    private void Run(Doc command)
    {
        using var options = NativeBson.Of(new Doc().ToBytes());
        using var given = NativeBson.Of(command.ToBytes());
        MongocError error = default;
        if (MongocNative.mongoc_client_session_append(_session, options.Handle, &error) == 0)
        {
            throw _client.Errors.Make(error, Doing);
        }

        using NativeReply reply = NativeReply.Create();
        if (TransactionNative.mongoc_client_command_with_opts(_client.Handle, _database, given.Handle, 0, options.Handle, reply.Handle, &error) == 0)
        {
            throw _client.Errors.Make(error, Doing);
        }

        MongoWrites.Check(Doc.Parse(reply.ToArray()));
    }
}
