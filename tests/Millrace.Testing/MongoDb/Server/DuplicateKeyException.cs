using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Server;

/// <summary>A document with this <c>_id</c> is there already: error 11000.</summary>
/// <param name="ns">The collection.</param>
/// <param name="id">A document with the <c>_id</c> alone.</param>
internal sealed class DuplicateKeyException(string ns, Doc id)
    : Exception($"E11000 duplicate key error collection: {ns} index: _id_ dup key")
{
    public Doc Id => id;
}
