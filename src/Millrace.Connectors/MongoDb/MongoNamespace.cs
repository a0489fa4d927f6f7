using System.Text;

namespace Millrace.Connectors.MongoDb;

/// <summary>A collection's full name.</summary>
/// <param name="Database">The database; empty for the oplog of an archive.</param>
/// <param name="Collection">The collection; may hold dots.</param>
internal readonly record struct MongoNamespace(string Database, string Collection)
{
    /// <summary>True for collections that MongoDB keeps for itself; they are read only when a task names them.</summary>
    public bool IsInternal =>
        Database is "admin" or "config" or "local" || Collection.StartsWith("system.", StringComparison.Ordinal);

    /// <summary>Splits at the first dot: a database's name has none.</summary>
    public static MongoNamespace Parse(string text)
    {
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? new("", text) : new(text[..dot], text[(dot + 1)..]);
    }

    /// <inheritdoc cref="Parse(string)"/>
    public static MongoNamespace Parse(ReadOnlySpan<byte> utf8) => Parse(Encoding.UTF8.GetString(utf8));

    /// <inheritdoc/>
    public override string ToString() => $"{Database}.{Collection}";
}
