namespace Millrace.Catalog.Leases;

/// <summary>
/// Leases: at most one holder of a name at a time. They begin and end by the clock of the store (of its server, where it has one), so the clocks of
/// the hosts that share it need not agree. The token grows with every change of holder and fences writers that have lost theirs without noticing.
/// </summary>
public interface ILeaseStore
{
    /// <summary>The time by the clock that leases go by.</summary>
    ValueTask<DateTimeOffset> NowAsync(CancellationToken cancellationToken);

    /// <summary>Takes a lease that is free, released or expired.</summary>
    /// <param name="name">The lease's name.</param>
    /// <param name="holder">Who takes it.</param>
    /// <param name="duration">How long it holds without renewal.</param>
    /// <param name="takeOverToken">Also take it where it is held under this very token: the caller knows that its holder is dead.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The lease as it is now, and whether the caller has it.</returns>
    ValueTask<LeaseAttempt> TryAcquireAsync(
        string name, LeaseHolder holder, TimeSpan duration, long? takeOverToken, CancellationToken cancellationToken);

    /// <summary>Prolongs a lease; false where it is no longer held under this token (it must not be used then).</summary>
    ValueTask<bool> RenewAsync(string name, long token, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Gives a lease back; does nothing where it is no longer held under this token.</summary>
    ValueTask ReleaseAsync(string name, long token, CancellationToken cancellationToken);

    /// <summary>The lease, or null where nobody ever had it.</summary>
    ValueTask<Lease?> FindAsync(string name, CancellationToken cancellationToken);
}

/// <summary>Who holds a lease: a process on a host, for a run.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Host">The host's name, for people.</param>
/// <param name="Machine">What tells whether a process id can be looked up from here: boot and process namespace.</param>
/// <param name="Pid">The process id.</param>
/// <param name="ProcessStart">When the process started, in the machine's own measure: tells a process from a later one with its id.</param>
public sealed record LeaseHolder(long RunId, string Host, string Machine, int Pid, string ProcessStart);

/// <summary>A lease.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Token">Grows with every change of holder.</param>
/// <param name="Holder">The last holder.</param>
/// <param name="AcquiredAt">Since when.</param>
/// <param name="ExpiresAt">Until when, without renewal.</param>
/// <param name="IsReleased">True where it was given back.</param>
public sealed record Lease(
    string Name, long Token, LeaseHolder Holder, DateTimeOffset AcquiredAt, DateTimeOffset ExpiresAt, bool IsReleased)
{
    /// <summary>True where somebody has it at this time.</summary>
    public bool IsHeld(DateTimeOffset now) => !IsReleased && now < ExpiresAt;
}

/// <summary>The answer to a try.</summary>
/// <param name="Acquired">True where the caller has the lease now.</param>
/// <param name="Lease">The lease as it is now: the caller's, or the one that stands in the way.</param>
public sealed record LeaseAttempt(bool Acquired, Lease Lease);
