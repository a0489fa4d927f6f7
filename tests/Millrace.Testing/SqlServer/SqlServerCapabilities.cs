using Millrace.Connectors.SqlServer;

namespace Millrace.Testing.SqlServer;

/// <summary>What a server says of itself, and what it lacks by that. A gap changes the test's side only, never the product's.</summary>
/// <param name="Name">The server, for people.</param>
/// <param name="Gaps">What it lacks.</param>
public sealed record SqlServerCapabilities(string Name, IReadOnlySet<SqlServerGap> Gaps)
{
    /// <summary>Asks a server.</summary>
    /// <param name="babelfishVersion">What it says under SERVERPROPERTY('babelfishversion'), which SQL Server does not know: null there.</param>
    /// <param name="version">Its version.</param>
    public static SqlServerCapabilities Of(string? babelfishVersion, string version) => babelfishVersion is null
        ? new($"SQL Server {version}", new HashSet<SqlServerGap>())
        : new(
            $"Babelfish {babelfishVersion}",
            new HashSet<SqlServerGap>(Enum.GetValues<SqlServerGap>()));

    /// <summary>The dialect to test with: the product's own wherever the server can take it.</summary>
    internal SqlServerDialect Dialect => Gaps.Contains(SqlServerGap.BulkCopyIntoTemporary) ? StandInDialect.Instance : SqlServerDialect.Instance;
}
