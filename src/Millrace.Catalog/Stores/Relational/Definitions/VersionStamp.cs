namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>The versions of the definitions that a row is marked with.</summary>
/// <param name="Added">Where the row is new: the version that it came with.</param>
/// <param name="Changed">The version that changed it.</param>
/// <param name="Removed">The version that it went with, or null.</param>
internal sealed record VersionStamp(long? Added, long? Changed, long? Removed)
{
    /// <summary>Of an apply.</summary>
    public static VersionStamp Of(long version) => new(version, version, null);
}
