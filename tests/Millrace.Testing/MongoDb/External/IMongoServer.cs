using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.External;

/// <summary>
/// A server that a test fills and reads. Collections are named as in the simulator's database, <c>shop.orders</c>; a server that others use, too, has
/// them in a database of the test's own.
/// </summary>
public interface IMongoServer : IAsyncDisposable
{
    /// <summary>The connection string.</summary>
    string Uri { get; }

    /// <summary>The database that <c>shop</c> stands for.</summary>
    string Database { get; }

    /// <summary>Skips the test, with the reason, where the server lacks something.</summary>
    void Needs(MongoGap gap);

    /// <summary>Inserts documents; creates the collection where it is not there.</summary>
    void Insert(string ns, params IEnumerable<Doc> documents);

    /// <summary>Updates or replaces documents.</summary>
    /// <returns>How many changed.</returns>
    long Update(string ns, Doc filter, Node update, bool multi = false, bool upsert = false);

    /// <summary>Deletes documents.</summary>
    /// <returns>How many are gone.</returns>
    long Delete(string ns, Doc filter, bool multi = false);

    /// <summary>Creates a collection, with the options of the create command.</summary>
    void Create(string ns, Doc? options = null);

    /// <summary>Drops a collection.</summary>
    void Drop(string ns);

    /// <summary>Renames a collection within its database.</summary>
    void Rename(string from, string to, bool dropTarget = false);

    /// <summary>Does several changes as one transaction.</summary>
    void InTransaction(Action<IMongoTransaction> changes);

    /// <summary>The documents of a collection; none where it is not there.</summary>
    IReadOnlyList<byte[]> Documents(string ns);
}
