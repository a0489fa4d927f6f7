using Millrace.Catalog.Leases;

namespace Millrace.Catalog.Stores.Sqlite;

internal sealed class SqliteLeaseStore(SqliteSession session) : ILeaseStore
{
    public ValueTask<LeaseAttempt> TryAcquireAsync(
        string name, LeaseHolder holder, TimeSpan duration, long? takeOverToken, CancellationToken cancellationToken) =>
        session.WriteAsync(
            s =>
            {
                DateTimeOffset now = s.Now;
                if (Find(s, name) is { } held && held.IsHeld(now) && held.Token != takeOverToken)
                {
                    return new LeaseAttempt(false, held);
                }

                s.Execute(
                    """
                    INSERT INTO leases (name, token, run_id, host, machine, pid, process_start, acquired_at, expires_at)
                    VALUES (@name, 1, @run, @host, @machine, @pid, @start, @now, @expires)
                    ON CONFLICT (name) DO UPDATE
                    SET token = token + 1, run_id = excluded.run_id, host = excluded.host, machine = excluded.machine, pid = excluded.pid,
                        process_start = excluded.process_start, acquired_at = excluded.acquired_at, expires_at = excluded.expires_at,
                        released = 0
                    """,
                    ("@name", name), ("@run", holder.RunId), ("@host", holder.Host), ("@machine", holder.Machine), ("@pid", holder.Pid),
                    ("@start", holder.ProcessStart), ("@now", SqliteSession.Text(now)), ("@expires", SqliteSession.Text(now + duration)));
                return new LeaseAttempt(true, Find(s, name)!);
            },
            cancellationToken);

    public ValueTask<bool> RenewAsync(string name, long token, TimeSpan duration, CancellationToken cancellationToken) => session.WriteAsync(
        s => s.Execute(
            """
            UPDATE leases SET expires_at = @expires WHERE name = @name AND token = @token AND released = 0
            """,
            ("@expires", SqliteSession.Text(s.Now + duration)), ("@name", name), ("@token", token)) == 1,
        cancellationToken);

    public ValueTask ReleaseAsync(string name, long token, CancellationToken cancellationToken) => session.WriteAsync(
        s =>
        {
            s.Execute("UPDATE leases SET released = 1 WHERE name = @name AND token = @token", ("@name", name), ("@token", token));
        },
        cancellationToken);

    public ValueTask<Lease?> FindAsync(string name, CancellationToken cancellationToken) => session.ReadAsync(s => Find(s, name), cancellationToken);

    private static Lease? Find(SqliteSession s, string name) => s.Query(
        """
        SELECT token, run_id, host, machine, pid, process_start, acquired_at, expires_at, released FROM leases WHERE name = @name
        """,
        row => new Lease(
            name,
            row.GetInt64(0),
            new(row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetInt32(4), row.GetString(5)),
            SqliteSession.Parse(row.GetString(6)),
            SqliteSession.Parse(row.GetString(7)),
            row.GetBoolean(8)),
        ("@name", name)).SingleOrDefault();
}
