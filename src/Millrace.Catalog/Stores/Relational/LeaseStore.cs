using Millrace.Catalog.Leases;

namespace Millrace.Catalog.Stores.Relational;

internal sealed class LeaseStore(CatalogSession session) : ILeaseStore
{
    public ValueTask<DateTimeOffset> NowAsync(CancellationToken cancellationToken) =>
        session.ReadAsync(transaction => transaction.NowAsync(), cancellationToken);

    public ValueTask<LeaseAttempt> TryAcquireAsync(
        string name, LeaseHolder holder, TimeSpan duration, long? takeOverToken, CancellationToken cancellationToken) =>
        session.WriteAsync(
            async transaction =>
            {
                await transaction.LockAsync($"lease {name}").ConfigureAwait(false);
                DateTimeOffset now = await transaction.NowAsync().ConfigureAwait(false);
                Lease? last = await FindAsync(transaction, name).ConfigureAwait(false);
                if (last is not null && last.IsHeld(now) && last.Token != takeOverToken)
                {
                    // What was committed while the connection broke is this caller's own.
                    return new LeaseAttempt(transaction.IsRepeated && last.Holder == holder, last);
                }

                var lease = new Lease(name, (last?.Token ?? 0) + 1, holder, now, now + duration, false);
                await WriteAsync(transaction, lease, isNew: last is null).ConfigureAwait(false);
                return new LeaseAttempt(true, lease);
            },
            cancellationToken,
            isRepeatable: true);

    public ValueTask<bool> RenewAsync(string name, long token, TimeSpan duration, CancellationToken cancellationToken) => session.WriteAsync(
        async transaction => await transaction.ExecuteAsync(
            "UPDATE metadata.leases SET expires_at = @expires WHERE name = @name AND token = @token AND released = @no",
            ("@expires", await transaction.NowAsync().ConfigureAwait(false) + duration), ("@name", name), ("@token", token), ("@no", false))
            .ConfigureAwait(false) == 1,
        cancellationToken,
        isRepeatable: true);

    public ValueTask ReleaseAsync(string name, long token, CancellationToken cancellationToken) => session.WriteAsync(
        async transaction =>
        {
            await transaction.ExecuteAsync(
                "UPDATE metadata.leases SET released = @yes WHERE name = @name AND token = @token",
                ("@yes", true), ("@name", name), ("@token", token)).ConfigureAwait(false);
        },
        cancellationToken,
        isRepeatable: true);

    public ValueTask<Lease?> FindAsync(string name, CancellationToken cancellationToken) =>
        session.ReadAsync(transaction => FindAsync(transaction, name), cancellationToken);

    private static async ValueTask WriteAsync(CatalogTransaction transaction, Lease lease, bool isNew) => await transaction.ExecuteAsync(
        isNew
            ? """
              INSERT INTO metadata.leases (name, token, run_id, host, machine, pid, process_start, acquired_at, expires_at, released)
              VALUES (@name, @token, @run, @host, @machine, @pid, @start, @acquired, @expires, @no)
              """
            : """
              UPDATE metadata.leases
              SET token = @token, run_id = @run, host = @host, machine = @machine, pid = @pid, process_start = @start,
                  acquired_at = @acquired, expires_at = @expires, released = @no
              WHERE name = @name
              """,
        ("@name", lease.Name), ("@token", lease.Token), ("@run", lease.Holder.RunId), ("@host", lease.Holder.Host),
        ("@machine", lease.Holder.Machine), ("@pid", lease.Holder.Pid), ("@start", lease.Holder.ProcessStart),
        ("@acquired", lease.AcquiredAt), ("@expires", lease.ExpiresAt), ("@no", false)).ConfigureAwait(false);

    private static async ValueTask<Lease?> FindAsync(CatalogTransaction transaction, string name)
    {
        List<Lease> found = await transaction.QueryAsync(
            """
            SELECT token, run_id, host, machine, pid, process_start, acquired_at, expires_at, released
            FROM metadata.leases
            WHERE name = @name
            """,
            row => new Lease(
                name,
                row.Long(0),
                new(row.Long(1), row.Text(2), row.Text(3), row.Int(4), row.Text(5)),
                row.Time(6),
                row.Time(7),
                row.Bool(8)),
            ("@name", name)).ConfigureAwait(false);
        return found.SingleOrDefault();
    }
}
