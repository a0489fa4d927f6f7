using System.Collections.Concurrent;

namespace Millrace.Testing.MongoDb.Server;

/// <summary>What a simulator has done so far.</summary>
public sealed class Counters
{
    private readonly ConcurrentDictionary<string, long> _commands = new(StringComparer.Ordinal);
    private long _documents;
    private long _connections;
    private long _compressed;

    /// <summary>Commands received, by name.</summary>
    public IReadOnlyDictionary<string, long> Commands => _commands;

    /// <summary>Documents and change events in cursors' batches.</summary>
    public long DocumentsServed => Interlocked.Read(ref _documents);

    /// <summary>Connections that were accepted.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>Messages that came compressed.</summary>
    public long CompressedMessages => Interlocked.Read(ref _compressed);

    /// <summary>How often a command was received.</summary>
    public long Count(string command) => _commands.GetValueOrDefault(command);

    internal void AddCommand(string name) => _commands.AddOrUpdate(name, 1, static (_, count) => count + 1);

    internal void AddDocuments(long count) => Interlocked.Add(ref _documents, count);

    internal void AddCompressed() => Interlocked.Increment(ref _compressed);

    internal void AddConnection() => Interlocked.Increment(ref _connections);
}
