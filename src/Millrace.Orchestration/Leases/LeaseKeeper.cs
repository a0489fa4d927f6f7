using Millrace.Catalog.Leases;
using Millrace.Core.Errors;

namespace Millrace.Orchestration.Leases;

/// <summary>Holds a lease for as long as it lives: renews it at a third of its duration, tells when it is lost, gives it back at the end.</summary>
public sealed class LeaseKeeper : IAsyncDisposable
{
    /// <summary>How long a lease holds without renewal: the longest time that a dead holder on another host blocks a task.</summary>
    public static readonly TimeSpan DefaultDuration = TimeSpan.FromSeconds(60);

    private readonly ILeaseStore _store;
    private readonly TimeSpan _duration;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _renewals;

    private LeaseKeeper(ILeaseStore store, Lease lease, TimeSpan duration, TimeProvider time)
    {
        _store = store;
        _duration = duration;
        _time = time;
        Lease = lease;
        _renewals = RenewAsync();
    }

    /// <summary>The lease as it was taken.</summary>
    public Lease Lease { get; }

    /// <summary>Cancelled when the lease is lost: whoever works under it must stop.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Takes a lease; one whose holder is dead for certain is taken over at once.</summary>
    /// <param name="store">The leases.</param>
    /// <param name="name">The lease's name.</param>
    /// <param name="holder">Who takes it.</param>
    /// <param name="what">What it protects, for the message: <c>task shop/orders</c>.</param>
    /// <param name="duration">How long it holds without renewal.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="MillraceException">MR1302: somebody has it; says who, since when and until when.</exception>
    public static async Task<LeaseKeeper> AcquireAsync(
        ILeaseStore store,
        string name,
        LeaseHolder holder,
        string what,
        TimeSpan duration,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        LeaseAttempt attempt = await store.TryAcquireAsync(name, holder, duration, null, cancellationToken).ConfigureAwait(false);
        if (!attempt.Acquired && ProcessProbe.IsDead(attempt.Lease.Holder))
        {
            attempt = await store.TryAcquireAsync(name, holder, duration, attempt.Lease.Token, cancellationToken).ConfigureAwait(false);
        }

        return attempt.Acquired ? new(store, attempt.Lease, duration, time) : throw Held(what, attempt.Lease);
    }

    /// <summary>Stops renewing and gives the lease back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _renewals.ConfigureAwait(false);
        if (!_lost.IsCancellationRequested)
        {
            await TryReleaseAsync().ConfigureAwait(false);
        }

        _lost.Dispose();
        _stop.Dispose();
    }

    private async Task TryReleaseAsync()
    {
        try
        {
            await _store.ReleaseAsync(Lease.Name, Lease.Token, CancellationToken.None).ConfigureAwait(false);
        }
        catch (MillraceException)
        {
            // What ran under the lease is done and must not fail now: the lease runs out, or is taken over when this process has ended.
            return;
        }
    }

    private async Task RenewAsync()
    {
        // By timestamps: a clock that is set back must not make a lease look younger than it is.
        long held = _time.GetTimestamp();
        try
        {
            using var timer = new PeriodicTimer(_duration / 3, _time);
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                long asked = _time.GetTimestamp();
                bool? renewed = await TryRenewAsync().ConfigureAwait(false);
                held = renewed == true ? asked : held;

                // A catalog that cannot be reached for a while is borne until the lease would be another's to take.
                if (renewed == false || _time.GetElapsedTime(held) >= _duration)
                {
                    await _lost.CancelAsync().ConfigureAwait(false);
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The keeper is being disposed.
            return;
        }
    }

    private async Task<bool?> TryRenewAsync()
    {
        try
        {
            return await _store.RenewAsync(Lease.Name, Lease.Token, _duration, _stop.Token).ConfigureAwait(false);
        }
        catch (MillraceException)
        {
            return null;
        }
    }

    private static MillraceException Held(string what, Lease lease) => new(
        ErrorCodes.LeaseHeld,
        $"{what} is being run by run {lease.Holder.RunId}, process {lease.Holder.Pid} on {lease.Holder.Host}, since {lease.AcquiredAt:yyyy-MM-dd HH:mm:ss}Z; "
        + $"its lease lasts until {lease.ExpiresAt:HH:mm:ss}Z and is renewed while the process lives.",
        "Wait until that run has ended, or end that process.",
        isTransient: true);
}
