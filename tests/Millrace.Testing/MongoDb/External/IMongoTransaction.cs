using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.External;

/// <summary>The changes of one transaction.</summary>
public interface IMongoTransaction
{
    /// <summary>Inserts a document.</summary>
    void Insert(string ns, Doc document);

    /// <summary>Updates or replaces documents.</summary>
    void Update(string ns, Doc filter, Node update, bool multi = false);

    /// <summary>Deletes documents.</summary>
    void Delete(string ns, Doc filter, bool multi = false);
}
