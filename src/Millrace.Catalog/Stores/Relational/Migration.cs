using System.Security.Cryptography;
using System.Text;

namespace Millrace.Catalog.Stores.Relational;

/// <summary>One step of the catalog's schema.</summary>
/// <param name="Version">Its number, from 1, without gaps.</param>
/// <param name="Name">The file's name without number and ending.</param>
/// <param name="Sql">Its statements.</param>
internal sealed record Migration(int Version, string Name, string Sql)
{
    /// <summary>
    /// What a statement cannot do: reads before the step what it will take away, and returns what writes that once the newest schema is there, so that
    /// it is written as this version writes. Null for most.
    /// </summary>
    public Func<CatalogTransaction, ValueTask<Func<CatalogTransaction, ValueTask>>>? Carry { get; init; }

    /// <summary>SHA-256 of the text with LF line ends, so that a checkout on Windows has the same.</summary>
    public string Checksum =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.Replace("\r\n", "\n", StringComparison.Ordinal))));
}
