using System.Collections.Immutable;

namespace Millrace.Catalog.Stores;

/// <summary>How a catalog stands.</summary>
/// <param name="Engine">The store: <c>sqlite</c>, <c>postgresql</c>, <c>sqlserver</c>.</param>
/// <param name="Location">Where it is, for people; no secret.</param>
/// <param name="Version">The last migration that was applied; 0 where there is no catalog yet.</param>
/// <param name="Newest">The last migration of this version of Millrace.</param>
/// <param name="Bytes">What it takes in its store.</param>
/// <param name="Tables">Rows by table.</param>
public sealed record CatalogStatus(
    string Engine, string Location, int Version, int Newest, long Bytes, ImmutableArray<(string Table, long Rows)> Tables)
{
    /// <summary>True where there is a catalog.</summary>
    public bool Exists => Version > 0;
}

/// <summary>What a migration did, or would do.</summary>
/// <param name="Location">Where the catalog is, for people; no secret.</param>
/// <param name="From">The version before; 0 where there was no catalog.</param>
/// <param name="To">The version after.</param>
/// <param name="Applied">The migrations in between, by number and name.</param>
public sealed record CatalogMigration(string Location, int From, int To, ImmutableArray<(int Version, string Name)> Applied);
