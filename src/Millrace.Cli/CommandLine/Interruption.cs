using System.Runtime.InteropServices;

namespace Millrace.Cli.CommandLine;

/// <summary>
/// Turns the first Ctrl-C (or SIGTERM) into a cancellation, which a verb takes as it fits: a run rolls back what is open and says what is
/// committed, one that follows commits and ends well. The second one ends the process as if nothing were listening.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly TextWriter _error;
    private int _count;

    /// <summary>Starts to listen.</summary>
    /// <param name="error">Where the user is told what happens.</param>
    public Interruption(TextWriter error)
    {
        _error = error;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _count) > 1)
        {
            return;
        }

        context.Cancel = true;
        _error.WriteLine("Stopping. Once more ends the process at once.");
        _source.Cancel();
    }
}
