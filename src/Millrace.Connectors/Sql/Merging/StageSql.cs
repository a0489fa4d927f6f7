using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.Loads;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>
/// Text about one table's stage: a TEMP table with the load's rows in order, shaped after the target so that every type and collation is the
/// target's own. Aliases: <c>s</c> the stage, <c>t</c> the target. Columns that statements make up begin with <c>_millrace_</c>, as no data
/// column does.
/// </summary>
internal class StageSql
{
    /// <summary>bigint: the row's number within the load.</summary>
    public const string Sequence = "_millrace_seq";

    /// <summary>smallint: a <see cref="StageCode"/>.</summary>
    public const string Op = "_millrace_op";

    /// <summary>boolean: true where the row's key came before in the load. See <see cref="RepeatedKeys"/>.</summary>
    public const string Repeat = "_millrace_repeat";

    /// <summary>Source time of the change.</summary>
    public const string Time = "_millrace_time";

    /// <summary>A collected row's place in the target: see <see cref="MatchSql"/>.</summary>
    public const string Place = "_millrace_place";

    /// <summary>Writes text for <paramref name="load"/>.</summary>
    public StageSql(SqlDialect dialect, TableLoad load, int generation)
    {
        Dialect = dialect;
        Load = load;
        Generation = generation;
        Stage = dialect.QuoteTemporary(load.StageName);
        Target = dialect.Quote(load.Stored.Id);
        Key = KeySql.List(dialect, "", load.Write.Schema.Key);
    }

    protected SqlDialect Dialect { get; }

    protected TableLoad Load { get; }

    protected int Generation { get; }

    /// <summary>The stage table, quoted.</summary>
    public string Stage { get; }

    /// <summary>The target table, quoted.</summary>
    public string Target { get; }

    /// <summary>The table of the rows that staged keys meet, quoted.</summary>
    public string Matches => Dialect.QuoteTemporary(Load.StageName + "_matches");

    /// <summary>Where to read the target's rows that staged keys meet: the collected ones, else the target itself.</summary>
    public string Known => Load.HasMatches ? Matches : Target;

    /// <summary>The table of those rows with every column from which staged rows are filled, quoted.</summary>
    public string Wholes => Dialect.QuoteTemporary(Load.StageName + "_wholes");

    /// <summary>The key's columns, quoted, without an alias.</summary>
    public string Key { get; }

    /// <summary>The order of a key's events: by position, then as they came.</summary>
    public string Order => OrderOf("");

    /// <summary>The same, last first.</summary>
    public string OrderDescending => Load.Write.IsChangeCapture
        ? $"coalesce({Dialect.Quote(SystemColumns.Position)}, '') DESC, {Sequence} DESC"
        : $"{Sequence} DESC";

    /// <summary>The same over an alias of the stage; an empty one for none.</summary>
    protected string OrderOf(string alias)
    {
        string of = alias.Length == 0 ? "" : alias + ".";
        return Load.Write.IsChangeCapture
            ? $"coalesce({of}{Dialect.Quote(SystemColumns.Position)}, ''), {of}{Sequence}"
            : of + Sequence;
    }

    /// <summary>Makes the stage.</summary>
    public string Create()
    {
        string position = Load.Write.IsChangeCapture ? Dialect.Quote("t", SystemColumns.Position) : $"CAST(NULL AS {Dialect.TypeName(LogicalType.Text)})";
        return Dialect.CreateStage(
            Stage,
            $"""
              CAST(NULL AS bigint) AS {Sequence},
              CAST(NULL AS smallint) AS {Op},
              CAST(NULL AS {Dialect.TypeName(LogicalType.Boolean)}) AS {Repeat},
              {position} AS {Dialect.Quote(SystemColumns.Position)},
              CAST(NULL AS {Dialect.TypeName(LogicalType.TimestampUtc())}) AS {Time},
              {KeySql.List(Dialect, "t", Load.Columns.Select(c => c.Name))}
            """,
            Target,
            "t");
    }

    /// <summary>Adds a column's unset mark.</summary>
    public string AddUnset(string mark) => Dialect.AddColumn(Stage, mark, Dialect.TypeName(LogicalType.Boolean));

    /// <summary>The condition that a stage row says nothing of a column.</summary>
    /// <param name="alias">The stage's alias.</param>
    /// <param name="column">Index of the column.</param>
    /// <param name="deletesKeep">True where a delete says nothing of the columns either (soft deletes).</param>
    public string IsUnset(string alias, int column, bool deletesKeep)
    {
        string marked = Load.UnsetMarks.TryGetValue(Load.Columns[column].Name, out string? mark)
            ? Dialect.IsTrue($"coalesce({alias}.{mark}, {Dialect.Literal(false)})")
            : Dialect.Never;
        return deletesKeep ? $"({alias}.{Op} = {StageCode.Delete} OR {marked})" : marked;
    }

    /// <summary>The condition that the event <paramref name="s"/> is newer than the row <paramref name="t"/>.</summary>
    public string IsNewer(string t, string s) =>
        $"""
        ({t}."_millrace_generation" IS NULL OR {t}."_millrace_position" IS NULL OR {s}."_millrace_position" IS NULL
          OR {t}."_millrace_generation" < {Generation}
          OR ({t}."_millrace_generation" = {Generation} AND {t}."_millrace_position" < {s}."_millrace_position"))
        """;

    /// <summary>
    /// True where deletes are marked on the rows that the table has, without the rows' values going through the stage. Where the keys that repeat
    /// are known, only those need their values looked up, because an event before the delete may have changed them.
    /// </summary>
    public bool MarksDeletesInPlace => Dialect.UsesKeyIndex && Load is { HasDeletedAt: true, IsScd2: false, Repeats: not null, KeyIndex: not null };

    /// <summary>Removes staged events that are not newer than a row that they meet.</summary>
    /// <param name="keys">A query of the keys to look at; null for all.</param>
    public string DropStale(string? keys) => Dialect.DeleteUsing(
        Stage,
        "s",
        $"{Known} AS t",
        $"""
        {KeySql.Match(Dialect, "t", "s", Load.GuardKey)}{(keys is null ? "" : " AND " + Dialect.In("s", Load.GuardKey, keys))}
          AND (t."_millrace_generation" > {Generation}
            OR (t."_millrace_generation" = {Generation} AND t."_millrace_position" >= s."_millrace_position"))
        """);

    /// <summary>
    /// Removes staged rows whose key a later run wrote. Positions tell less: there may be none, and a later generation's snapshot begins before the
    /// former one's log.
    /// </summary>
    public string DropOfEarlierRun(long runId) => Dialect.DeleteUsing(
        Stage, "s", $"{Target} AS t", $"{KeySql.Match(Dialect, "t", "s", Load.GuardKey)} AND t.\"_millrace_run_id\" > {Dialect.Literal(runId)}");

    /// <summary>
    /// Makes every staged row one that is gone: with soft deletes it keeps its values and is merged as deleted (a partial one as a plain delete, as
    /// it has no values of its own to keep), else only the deletes stay, for their tombstones.
    /// </summary>
    public string MarkGone() => Load.HasDeletedAt
        ? $"UPDATE {Stage} SET {Op} = CASE WHEN {Op} = {StageCode.Partial} THEN {StageCode.Delete} ELSE {StageCode.SoftDelete} END WHERE {Op} <> {StageCode.Delete}"
        : $"DELETE FROM {Stage} WHERE {Op} <> {StageCode.Delete}";

    /// <summary>The keys that repeat in the stage.</summary>
    protected string RepeatedKeys => $"SELECT {Key} FROM {Stage} WHERE {Dialect.IsTrue(Repeat)}";

    /// <summary>Keeps the last event of each key; empty where no key repeats.</summary>
    public string KeepLast() => Load is { Repeats: not null, StagedRepeats: 0 } ? "" :
        $"""
        DELETE FROM {Stage}
        WHERE {Sequence} IN (
          SELECT {Sequence}
          FROM (
            SELECT {Sequence}, row_number() OVER (PARTITION BY {Key} ORDER BY {OrderDescending}) AS n
            FROM {Stage} AS s{(Load.Repeats is null ? "" : $" WHERE {Dialect.In("s", Load.Write.Schema.Key, RepeatedKeys)}")}) AS ranked
          WHERE n > 1)
        """;
}
