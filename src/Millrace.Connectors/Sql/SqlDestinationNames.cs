using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql;

/// <summary>How table names of a request become names in the store.</summary>
/// <param name="Dialect">The dialect.</param>
/// <param name="DefaultSchema">The schema of tables that name none.</param>
internal sealed record SqlDestinationNames(SqlDialect Dialect, string DefaultSchema)
{
    private const string ShadowSuffix = "__millrace_shadow";
    private const string KeySuffix = "__millrace_key";

    /// <summary>The table with its schema filled in and its name within the engine's limit.</summary>
    public TableId Resolve(TableId table) => new(
        table.Schema.Length == 0 ? DefaultSchema : Bound(table.Schema),
        table.Name.StartsWith(SystemColumns.Prefix, StringComparison.Ordinal) ? table.Name : Bound(table.Name));

    /// <summary>The table that a replace fills.</summary>
    public TableId ShadowOf(TableId resolved) => resolved with { Name = Bound(resolved.Name + ShadowSuffix) };

    /// <summary>The unique index on the key.</summary>
    public string KeyIndexOf(TableId resolved) => Dialect.NamesIndexesByTable ? KeySuffix.TrimStart('_') : Bound(resolved.Name + KeySuffix);

    private string Bound(string name) => Dialect.Naming.Map(name, static _ => false);
}
