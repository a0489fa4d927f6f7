namespace Millrace.Connectors.MongoDb.Live;

/// <summary>Threads for calls that block. A call into the driver cannot be broken off: whoever waits for it goes, and the thread ends by itself.</summary>
internal static class LiveThread
{
    /// <summary>Runs blocking work on a thread of its own.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the work may still be under way.</exception>
    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Start(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        });

        // Where nobody waits any more, a failure is nobody's.
        _ = done.Task.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Starts a thread that does not keep the process alive.</summary>
    public static void Start(Action work) => new Thread(() => work()) { IsBackground = true, Name = "millrace-mongodb" }.Start();
}
