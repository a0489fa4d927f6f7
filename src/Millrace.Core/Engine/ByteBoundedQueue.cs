using System.Threading.Channels;

namespace Millrace.Core.Engine;

/// <summary>
/// A queue between two stages that holds a bounded number of bytes. One item is always let in when the queue is empty, however large. Writers
/// wait; there may be several writers and one reader.
/// </summary>
/// <typeparam name="T">The items.</typeparam>
internal sealed class ByteBoundedQueue<T>(long capacity)
{
    private readonly Channel<(T Item, long Bytes)> _channel = Channel.CreateUnbounded<(T, long)>(new() { SingleReader = true });
    private readonly Lock _gate = new();
    private readonly Queue<(long Bytes, TaskCompletionSource Granted)> _waiting = new();
    private long _used;

    /// <summary>Adds an item, waiting until its bytes fit.</summary>
    public async ValueTask WriteAsync(T item, long bytes, CancellationToken cancellationToken)
    {
        TaskCompletionSource? granted = null;
        lock (_gate)
        {
            if (_waiting.Count == 0 && Fits(bytes))
            {
                _used += bytes;
            }
            else
            {
                granted = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Enqueue((bytes, granted));
            }
        }

        if (granted is not null)
        {
            // A cancelled writer leaves its place in the queue behind; the whole pipeline is going down then.
            await granted.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        await _channel.Writer.WriteAsync((item, bytes), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says that no more items come; the reader throws <paramref name="error"/> after the last one.</summary>
    public void Complete(Exception? error = null) => _channel.Writer.TryComplete(error);

    /// <summary>Reads the items; the bytes of an item are free again when the next one is asked for.</summary>
    public async IAsyncEnumerable<T> ReadAllAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await _channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (_channel.Reader.TryRead(out (T Item, long Bytes) entry))
            {
                try
                {
                    yield return entry.Item;
                }
                finally
                {
                    Release(entry.Bytes);
                }
            }
        }
    }

    /// <summary>Takes out what nobody will read any more, so that it can be disposed.</summary>
    public IEnumerable<T> Drain()
    {
        while (_channel.Reader.TryRead(out (T Item, long Bytes) entry))
        {
            yield return entry.Item;
        }
    }

    private bool Fits(long bytes) => _used == 0 || _used + bytes <= capacity;

    private void Release(long bytes)
    {
        lock (_gate)
        {
            _used -= bytes;
            while (_waiting.TryPeek(out (long Bytes, TaskCompletionSource Granted) next) && Fits(next.Bytes))
            {
                _waiting.Dequeue();
                _used += next.Bytes;
                next.Granted.SetResult();
            }
        }
    }
}
