using System.Collections.Immutable;
using Millrace.Connectors.Sql.Loads;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>Expressions over keys.</summary>
internal static class KeySql
{
    /// <summary>
    /// The canonical, type-tagged text of a plain key column: see <see cref="CanonicalKey"/>. A column of integers may have grown wider for the very
    /// numbers that made the key one of several types, but what it holds are integers still.
    /// </summary>
    public static string Canonical(SqlDialect dialect, string column, string? sourceType)
    {
        string tag = CanonicalKey.TagOf(sourceType) ?? "j";
        string value = tag == "n" ? $"CAST({column} AS {dialect.TypeName(LogicalType.Int64)})" : column;
        return dialect.Concat(dialect.Literal(tag + ":"), dialect.Text(value, tag == "u" ? LogicalType.Uuid : tag == "n" ? LogicalType.Int64 : LogicalType.Text));
    }

    /// <summary>One text that identifies a key; the columns' texts with their lengths where there are several.</summary>
    public static string AsText(SqlDialect dialect, string alias, TableLoad load, ImmutableArray<string> key)
    {
        string[] texts = [.. key.Select(k => dialect.Text(dialect.Quote(alias, k), load.Columns[load.IndexOf(k)].Type))];
        return texts.Length == 1
            ? texts[0]
            : dialect.Concat([.. texts.SelectMany(t => (string[])[dialect.Text(dialect.Length(t), LogicalType.Int64), dialect.Literal(":"), t])]);
    }

    /// <summary>A list of an alias's columns.</summary>
    public static string List(SqlDialect dialect, string alias, IEnumerable<string> columns) =>
        string.Join(", ", columns.Select(c => alias.Length == 0 ? dialect.Quote(c) : dialect.Quote(alias, c)));

    /// <summary>The condition that two aliases agree in the columns.</summary>
    public static string Match(SqlDialect dialect, string left, string right, IEnumerable<string> columns) =>
        string.Join(" AND ", columns.Select(c => $"{dialect.Quote(left, c)} = {dialect.Quote(right, c)}"));
}
