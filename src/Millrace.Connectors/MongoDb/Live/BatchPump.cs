using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Millrace.Core.Batches;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>Brings the batches of a reader that blocks, on a thread of its own, to whoever awaits them. At most two wait.</summary>
internal sealed class BatchPump
{
    private const int MostWaiting = 2;

    private readonly Channel<RecordBatch> _batches = Channel.CreateBounded<RecordBatch>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, SingleWriter = true });

    /// <summary>Reads all.</summary>
    /// <param name="open">Opens the reader, on the reading thread.</param>
    /// <param name="cancellationToken">Ends the wait at once, and the thread when its call returns.</param>
    public static async IAsyncEnumerable<RecordBatch> ReadAsync(
        Func<CancellationToken, IBatchReader> open, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pump = new BatchPump();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancellationToken stopped = stop.Token;
        LiveThread.Start(() => pump.Run(open, stopped));
        try
        {
            while (await pump._batches.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (pump._batches.Reader.TryRead(out RecordBatch? batch))
                {
                    yield return batch;
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            pump.Drain();
        }
    }

    private void Run(Func<CancellationToken, IBatchReader> open, CancellationToken stopped)
    {
        try
        {
            using IBatchReader reader = open(stopped);
            while (reader.Next(stopped) is { } batch)
            {
                if (!TryHandOn(batch, stopped))
                {
                    return;
                }
            }

            _batches.Writer.TryComplete();
        }
        catch (Exception exception)
        {
            _batches.Writer.TryComplete(exception);
        }
    }

    private bool TryHandOn(RecordBatch batch, CancellationToken stopped)
    {
        try
        {
            ValueTask writing = _batches.Writer.WriteAsync(batch, stopped);
            if (!writing.IsCompletedSuccessfully)
            {
                writing.AsTask().GetAwaiter().GetResult();
            }

            return true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            batch.Dispose();
            return false;
        }
    }

    // Closed first: what the thread still has, it then keeps and disposes.
    private void Drain()
    {
        _batches.Writer.TryComplete();
        while (_batches.Reader.TryRead(out RecordBatch? batch))
        {
            batch.Dispose();
        }
    }
}
