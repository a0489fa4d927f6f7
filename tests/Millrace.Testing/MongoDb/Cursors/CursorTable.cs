using System.Collections.Concurrent;

namespace Millrace.Testing.MongoDb.Cursors;

/// <summary>Cursors that are open.</summary>
internal sealed class CursorTable
{
    private readonly ConcurrentDictionary<long, ServerCursor> _cursors = new();

    public int Count => _cursors.Count;

    public void Add(ServerCursor cursor)
    {
        do
        {
            cursor.Id = Random.Shared.NextInt64(1, long.MaxValue);
        }
        while (!_cursors.TryAdd(cursor.Id, cursor));
    }

    public ServerCursor? Find(long id) => _cursors.GetValueOrDefault(id);

    public bool Remove(long id) => _cursors.TryRemove(id, out _);

    public void Clear() => _cursors.Clear();
}
