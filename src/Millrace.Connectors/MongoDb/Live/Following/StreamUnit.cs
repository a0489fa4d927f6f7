using Millrace.Connectors.MongoDb.Bson;

namespace Millrace.Connectors.MongoDb.Live.Following;

/// <summary>The events of one place in the log, as far as they are there and not applied yet.</summary>
internal sealed class StreamUnit : IDisposable
{
    private readonly ByteBuffer _bytes = new();
    private readonly List<(int Offset, int Length)> _events = [];

    /// <summary>The place; 0 between two.</summary>
    public ulong Time { get; private set; }

    /// <summary>Rows that the events are.</summary>
    public int Rows { get; private set; }

    /// <summary>True where events of the place were applied already.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>Bytes of the events.</summary>
    public long Bytes => _bytes.Length;

    /// <summary>Events.</summary>
    public int Count => _events.Count;

    /// <summary>An event; valid until the next call of a member that changes anything.</summary>
    public ReadOnlySpan<byte> this[int index] => _bytes.WrittenSpan.Slice(_events[index].Offset, _events[index].Length);

    /// <summary>Adds an event.</summary>
    public void Add(ulong time, ReadOnlySpan<byte> document, bool isRow)
    {
        Time = time;
        Rows += isRow ? 1 : 0;
        _events.Add((_bytes.Length, document.Length));
        _bytes.Write(document);
    }

    /// <summary>What was there was applied; more of the place may follow.</summary>
    public void Begin()
    {
        Forget();
        IsBegun = true;
    }

    /// <summary>The place is done with.</summary>
    public void End()
    {
        Forget();
        IsBegun = false;
        Time = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();

    private void Forget()
    {
        _bytes.Clear();
        _events.Clear();
        Rows = 0;
    }
}
