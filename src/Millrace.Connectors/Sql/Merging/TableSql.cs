using Millrace.Connectors.Sql.Loads;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>Text about a whole target table: its key index, repeats in it, and what removes rows from all of it.</summary>
internal sealed class TableSql(SqlDialect dialect, TableLoad load, WriteRequest request)
{
    private readonly string _target = dialect.Quote(load.Stored.Id);
    private readonly string _key = KeySql.List(dialect, "", load.Write.Schema.Key);

    /// <summary>Builds the key's index. scd2 keeps several rows a key, so there it is not unique.</summary>
    public string CreateKeyIndex(string name) =>
        $"CREATE {(load.IsScd2 ? "" : "UNIQUE ")}INDEX {dialect.Quote(name)} ON {_target} ({_key})";

    /// <summary>Drops the key's index.</summary>
    public string DropKeyIndex(string name) => dialect.DropIndex(load.Stored.Id, name);

    /// <summary>
    /// Of rows with one key that went straight in, keeps the last (insert_only: the first): by position, then by the order of writing.
    /// </summary>
    public string DropRepeatedKeys()
    {
        string direction = load.Write.Strategy == MergeStrategy.InsertOnly ? "ASC" : "DESC";
        string position = load.Write.IsChangeCapture ? $"coalesce(\"_millrace_position\", '') {direction}, " : "";
        return $"""
            DELETE FROM {_target}
            WHERE {dialect.InsertionOrder} IN (
              SELECT row_place
              FROM (
                SELECT {dialect.InsertionOrder} AS row_place,
                  row_number() OVER (PARTITION BY {_key} ORDER BY {position}{dialect.InsertionOrder} {direction}) AS n
                FROM {_target}) AS ranked
              WHERE n > 1)
            """;
    }

    /// <summary>Removes every row by the delete mode; rows that Millrace did not load stay.</summary>
    public string DeleteAll() => Remove("\"_millrace_run_id\" IS NOT NULL");

    /// <summary>Removes rows of older generations by the delete mode.</summary>
    public string DeleteOlder() => Remove($"\"_millrace_generation\" < {dialect.Literal(request.Generation)}");

    private string Remove(string condition)
    {
        string loadedAt = dialect.Literal(request.LoadedAt);
        if (load.IsScd2)
        {
            // The source's clock may be ahead of this machine's.
            string until = dialect.Greatest("\"_millrace_valid_from\"", loadedAt);
            string deleted = load.HasDeletedAt ? $", \"_millrace_deleted_at\" = {until}" : "";
            return $"""
                UPDATE {_target}
                SET "_millrace_valid_to" = {until}, "_millrace_is_current" = {dialect.Literal(false)}{deleted}
                WHERE {dialect.IsTrue("\"_millrace_is_current\"")} AND {condition}
                """;
        }

        return load.HasDeletedAt
            ? $"""
                UPDATE {_target}
                SET "_millrace_deleted_at" = {loadedAt}, "_millrace_run_id" = {dialect.Literal(request.RunId)}, "_millrace_loaded_at" = {loadedAt}
                WHERE "_millrace_deleted_at" IS NULL AND {condition}
                """
            : $"DELETE FROM {_target} WHERE {condition}";
    }
}
