using System.Collections.Immutable;
using System.Data.Common;
using Millrace.Core.Errors;

namespace Millrace.Catalog.Stores.Relational;

/// <summary>
/// What differs between the engines that hold a catalog. Statements of the stores are written once: tables as <c>metadata.runs</c>, which becomes
/// what the engine calls them, parameters as <c>@name</c>, and the few clauses that no two engines share as members of this type.
/// </summary>
internal abstract class CatalogDialect
{
    /// <summary>The engine: <c>sqlite</c>, <c>postgresql</c>, <c>sqlserver</c>.</summary>
    public abstract string Engine { get; }

    /// <summary>Where the catalog is, for people; no secret.</summary>
    public abstract string Location { get; }

    /// <summary>What stands for <c>metadata.</c>, quoted.</summary>
    public abstract string Prefix { get; }

    /// <summary>The migrations of this version, in order.</summary>
    public abstract ImmutableArray<Migration> Migrations { get; }

    /// <summary>Ends an ordered SELECT after <c>@limit</c> rows.</summary>
    public virtual string Limit => "LIMIT @limit";

    /// <summary>The server's time, as a query; null where the process's clock is as good, because all processes are on one machine.</summary>
    public abstract string? ClockQuery { get; }

    /// <summary>
    /// True for a server, which has to be asked whether there is a catalog, and where leases have a connection of their own, so that a renewal never
    /// waits behind other work. False for a file.
    /// </summary>
    public abstract bool IsServer { get; }

    /// <summary>True where there is certainly no catalog, so that looking need not (and, for a file, must not) open it.</summary>
    public virtual bool IsAbsent => false;

    /// <summary>Whether the migrations' table is there: a number.</summary>
    public abstract string MigrationsTableCount { get; }

    /// <summary>Creates the schema and the migrations' table where they are missing.</summary>
    public abstract string CreateMigrationsTable { get; }

    /// <summary>Bytes that the catalog takes: a number.</summary>
    public abstract string SizeQuery { get; }

    /// <summary>Connects; what the driver throws goes to <see cref="Read"/>.</summary>
    public abstract ValueTask<DbConnection> ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Begins a transaction: a consistent view for reading, or one that may write.</summary>
    public abstract string Begin(bool writes);

    /// <summary>Undoes what is open. Never throws: its own failure would hide the one that it is called for.</summary>
    public virtual async ValueTask RollBackAsync(DbConnection connection)
    {
        try
        {
            DbCommand command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                command.CommandText = RollBackText;
                await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is DbException or InvalidOperationException or IOException or TimeoutException)
        {
            await connection.CloseAsync().ConfigureAwait(false); // the server rolls back by itself
        }
    }

    /// <summary>
    /// Waits for an exclusive lock of this name that lasts until the transaction ends (parameter <c>@name</c>); null where a transaction that
    /// writes is alone anyway.
    /// </summary>
    public abstract string? LockStatement { get; }

    /// <summary>An INSERT of parameters named as their columns that returns the new row's key.</summary>
    public abstract string InsertReturning(string table, string key, IReadOnlyList<string> columns);

    /// <summary>Statements that must be sent one after the other.</summary>
    public virtual IEnumerable<string> Batches(string script) => [script];

    /// <summary>Gives a parameter its value: text, integers, booleans, times (UTC, to the millisecond) and null.</summary>
    public abstract void Bind(DbParameter parameter, object? value);

    /// <summary>A time as <see cref="Bind"/> stored it.</summary>
    public abstract DateTimeOffset ReadTime(DbDataReader reader, int column);

    /// <summary>What an exception of the driver means; null where it is none of its own.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="isConnecting">True where it came of connecting.</param>
    public abstract CatalogFailure? Read(Exception exception, bool isConnecting);

    /// <summary>Undoes a transaction.</summary>
    protected virtual string RollBackText => "ROLLBACK";

    /// <summary>The migrations in the folder of an engine.</summary>
    protected static ImmutableArray<Migration> MigrationsOf(string folder) => MigrationFiles.Load(folder);
}

/// <summary>What kind of failure it is, which says whether trying again can help.</summary>
internal enum CatalogFailureKind
{
    /// <summary>The engine said no.</summary>
    Refused,

    /// <summary>The engine rolled this transaction back for another; the same again may succeed.</summary>
    Conflict,

    /// <summary>The connection is gone, or none can be made for now.</summary>
    Disconnected,
}

/// <summary>A failure of the engine.</summary>
/// <param name="Kind">Whether trying again can help.</param>
/// <param name="Error">What to tell.</param>
internal sealed record CatalogFailure(CatalogFailureKind Kind, MillraceException Error);
