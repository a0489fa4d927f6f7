using System.Collections.Immutable;
using System.Globalization;
using Millrace.Connectors.Sql.Steps;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Reading;

/// <summary>How one engine writes what a read needs. Stateless.</summary>
/// <param name="sql">Its quoting and literals.</param>
/// <param name="syntax">How its SQL is read.</param>
/// <param name="scheme">What its positions begin with.</param>
internal abstract class RelationalDialect(SqlDialect sql, ScriptSyntax syntax, string scheme)
{
    /// <summary>Quoting and literals.</summary>
    public SqlDialect Sql => sql;

    /// <summary>How its SQL is read.</summary>
    public ScriptSyntax Syntax => syntax;

    /// <summary>What its positions begin with: <c>postgres</c>.</summary>
    public string Scheme => scheme;

    /// <summary>The expression that reads a column.</summary>
    public abstract string Select(RelationColumn column);

    /// <summary>A value that a position holds, as the column's type.</summary>
    public virtual string Value(RelationColumn column, string text) => column.Type.Kind switch
    {
        TypeKind.Date or TypeKind.Timestamp => Cast(YearOf(text), column),
        _ => Cast(text, column),
    };

    /// <summary>The condition that a row's key comes after the values.</summary>
    /// <param name="columns">The key's columns.</param>
    /// <param name="values">A text each.</param>
    /// <param name="orEqual">True to let equal keys in, too.</param>
    public virtual string After(IReadOnlyList<RelationColumn> columns, IReadOnlyList<string> values, bool orEqual = false)
    {
        string sign = orEqual ? ">=" : ">";
        return columns.Count == 1
            ? $"{sql.Quote(columns[0].Name)} {sign} {Value(columns[0], values[0])}"
            : $"({string.Join(", ", columns.Select(c => sql.Quote(c.Name)))}) {sign} ({string.Join(", ", columns.Select((c, i) => Value(c, values[i])))})";
    }

    /// <summary>An expression of a date or time, so much earlier.</summary>
    public virtual string Earlier(RelationColumn column, string expression, TimeSpan time) =>
        $"CAST({expression} - INTERVAL '{time.TotalSeconds.ToString("0.######", CultureInfo.InvariantCulture)} seconds' AS {column.NativeType})";

    /// <summary>An instant as the column's type.</summary>
    public virtual string Instant(RelationColumn column, DateTimeOffset instant) => Cast(
        column.Type.Kind == TypeKind.Date
            ? instant.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + (column.Type.IsUtc ? "Z" : ""),
        column);

    /// <summary>A SELECT.</summary>
    /// <param name="relation">What is read.</param>
    /// <param name="conditions">Conditions that all must hold; empty ones are left out.</param>
    /// <param name="order">Columns that order the rows.</param>
    public string SelectFrom(Relation relation, IEnumerable<string> conditions, IEnumerable<string> order)
    {
        string where = Where(conditions);
        string by = string.Join(", ", order.Select(sql.Quote));
        return $"""
            SELECT {string.Join(", ", relation.Columns.Select(Select))}
            FROM {relation.From}{where}{(by.Length == 0 ? "" : "\nORDER BY " + by)}
            """;
    }

    /// <summary>A WHERE of these conditions, on a line of its own; empty where there is none.</summary>
    public static string Where(IEnumerable<string> conditions)
    {
        // A filter of the user's may end in a comment.
        ImmutableArray<string> there = [.. conditions.Where(c => c.Length > 0)];
        return there.IsEmpty ? "" : "\nWHERE " + string.Join("\n  AND ", there.Select(c => $"({c}\n)"));
    }

    /// <summary>A text as a column's type.</summary>
    protected string Cast(string text, RelationColumn column) => $"CAST({sql.Literal(text)} AS {column.NativeType})";

    // ISO 8601 writes years outside 1 to 9999 with a sign; databases count from 1 BC.
    private static string YearOf(string text)
    {
        if (text.Length == 0 || text[0] is not ('-' or '+'))
        {
            return text.StartsWith("0000-", StringComparison.Ordinal) ? "0001" + text[4..] + " BC" : text;
        }

        int end = text.IndexOf('-', 1);
        if (text[0] == '+' || end < 0 || !long.TryParse(text.AsSpan(1, end - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long year))
        {
            return text.TrimStart('+');
        }

        return (year + 1).ToString("D4", CultureInfo.InvariantCulture) + text[end..] + " BC";
    }
}
