using System.Collections.Immutable;

namespace Millrace.Catalog.Stores.Relational.Definitions;

/// <summary>Writes the rows of one table of definitions: an UPDATE, and an INSERT where there was no row.</summary>
internal sealed class RowStatements
{
    private readonly string _update;
    private readonly string _insert;
    private readonly ImmutableArray<string> _columns;

    /// <summary>Words the statements.</summary>
    /// <param name="table">The table.</param>
    /// <param name="key">Its key.</param>
    /// <param name="columns">The other columns, but for versions.</param>
    public RowStatements(string table, string key, ImmutableArray<string> columns)
    {
        _columns = columns;
        string sets = string.Join(", ", columns.Select(c => $"\"{c}\" = @{c}").Append("changed_version = @changed").Append("removed_version = @removed"));
        _update = $"UPDATE metadata.{table} SET {sets} WHERE \"{key}\" = @key";
        string names = string.Join(", ", columns.Prepend(key).Select(c => $"\"{c}\""));
        string values = string.Join(", ", columns.Prepend("key").Select(c => $"@{c}"));
        _insert = $"INSERT INTO metadata.{table} ({names}, changed_version, removed_version, added_version) VALUES ({values}, @changed, @removed, @added)";
    }

    /// <summary>Writes a row.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="stamp">Its versions.</param>
    /// <param name="key">Its key.</param>
    /// <param name="values">The columns' values, in their order.</param>
    public async ValueTask WriteAsync(CatalogTransaction transaction, VersionStamp stamp, string key, params object?[] values)
    {
        (string Name, object? Value)[] bound =
            [("@key", key), .. _columns.Select((c, i) => ($"@{c}", values[i])), ("@changed", stamp.Changed), ("@removed", stamp.Removed)];
        if (await transaction.ExecuteAsync(_update, bound).ConfigureAwait(false) == 0)
        {
            await transaction.ExecuteAsync(_insert, [.. bound, ("@added", stamp.Added)]).ConfigureAwait(false);
        }
    }
}
