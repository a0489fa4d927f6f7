namespace Millrace.Testing.MongoDb.Storage;

/// <summary>Wakes whoever waits for the next change.</summary>
internal sealed class ChangeSignal
{
    private volatile TaskCompletionSource _next = New();
    private int _waiters;

    /// <summary>Ends at the next pulse after this call, or when the time is over. Take it before looking, await it after having found nothing.</summary>
    public Task Next
    {
        get
        {
            Interlocked.Increment(ref _waiters);
            return _next.Task;
        }
    }

    public void Pulse()
    {
        if (Interlocked.Exchange(ref _waiters, 0) > 0)
        {
            Interlocked.Exchange(ref _next, New()).TrySetResult();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
