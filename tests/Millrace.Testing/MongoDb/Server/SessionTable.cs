using System.Collections.Concurrent;

namespace Millrace.Testing.MongoDb.Server;

/// <summary>Sessions by the bytes of their id.</summary>
internal sealed class SessionTable
{
    private readonly ConcurrentDictionary<Guid, ServerSession> _sessions = new();

    public int Count => _sessions.Count;

    public ServerSession Get(Guid id) => _sessions.GetOrAdd(id, static key => new ServerSession(key));

    /// <summary>Aborts all transactions.</summary>
    public void Abort()
    {
        foreach (ServerSession session in _sessions.Values)
        {
            session.Transaction = null;
        }
    }

    public void End(Guid id)
    {
        if (_sessions.TryRemove(id, out ServerSession? session))
        {
            session.Transaction = null;
        }
    }
}
