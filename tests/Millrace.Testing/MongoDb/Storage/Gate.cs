namespace Millrace.Testing.MongoDb.Storage;

/// <summary>Many readers or one writer. Nobody awaits while inside.</summary>
internal sealed class Gate : IDisposable
{
    private readonly ReaderWriterLockSlim _lock = new(LockRecursionPolicy.NoRecursion);

    public Held Read()
    {
        _lock.EnterReadLock();
        return new Held(_lock, isWrite: false);
    }

    public Held Write()
    {
        _lock.EnterWriteLock();
        return new Held(_lock, isWrite: true);
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>Leaves the gate when disposed.</summary>
    internal readonly struct Held(ReaderWriterLockSlim held, bool isWrite) : IDisposable
    {
        public void Dispose()
        {
            if (isWrite)
            {
                held.ExitWriteLock();
            }
            else
            {
                held.ExitReadLock();
            }
        }
    }
}
