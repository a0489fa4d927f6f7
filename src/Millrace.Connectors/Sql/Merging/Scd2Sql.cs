using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.Loads;
using Millrace.Core.Contracts;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>
/// Keeps every version: each staged event in order opens one and closes the one before it; an event that changes nothing opens none; a delete
/// closes. A version holds from the source time of its event, or where there is none from the time of the load, but never from before the one
/// that it follows: of two changes at one time the earlier one's version is empty (its two times are the same). Aliases: <c>v</c> the versions.
/// </summary>
internal sealed class Scd2Sql(SqlDialect dialect, TableLoad load, WriteRequest request)
    : StageSql(dialect, load, request.Generation)
{
    private readonly string _loadedAt = dialect.Literal(request.LoadedAt);

    /// <summary>The TEMP table of the versions, quoted.</summary>
    public string Versions { get; } = dialect.QuoteTemporary(load.StageName + "_versions");

    /// <summary>Removes repeats of one event within the load.</summary>
    public string DropRepeats() =>
        $"""
        DELETE FROM {Stage}
        WHERE {Sequence} IN (
          SELECT {Sequence}
          FROM (
            SELECT {Sequence}, row_number() OVER (PARTITION BY {Key}, "_millrace_position" ORDER BY {Sequence} DESC) AS n
            FROM {Stage}
            WHERE "_millrace_position" IS NOT NULL) AS ranked
          WHERE n > 1)
        """;

    /// <summary>
    /// Works out which staged events change something, and from when to when each holds. Source times may repeat and go back, and positions may not:
    /// a version opens no earlier than the one before it, whether that is staged or in the table.
    /// </summary>
    public string CreateVersions()
    {
        (string w, string windows) = Dialect.Window($"PARTITION BY {KeyOf("o")} ORDER BY {OrderOf("o")}");
        string since = Dialect.Greatest("\"_millrace_valid_from\"", "coalesce(\"_millrace_valid_to\", \"_millrace_valid_from\")");
        string opens = Dialect.Greatest(
            $"max(coalesce(c.{Time}, {_loadedAt})) OVER (PARTITION BY {KeyOf("c")} ORDER BY {OrderOf("c")} ROWS UNBOUNDED PRECEDING)",
            $"coalesce(f._millrace_until, c.{Time}, {_loadedAt})");
        return Dialect.CreateTemporary(
            Versions,
            $"""
            o.*,
              lead(o._millrace_opens_at) OVER {w} AS _millrace_closes_at,
              lead(o.{Op}) OVER {w} AS _millrace_next_op,
              row_number() OVER {w} AS _millrace_number
            """,
            $"""
            FROM (
              SELECT c.*,
                {opens} AS _millrace_opens_at
              FROM (
                {Changes()}) AS c
              LEFT JOIN (
                SELECT {Key}, max({since}) AS _millrace_until
                FROM {Target} AS t
                WHERE {Dialect.In("t", Load.Write.Schema.Key, $"SELECT {Key} FROM {Stage}")}
                GROUP BY {Key}) AS f ON {KeySql.Match(Dialect, "f", "c", Load.Write.Schema.Key)}
              WHERE {Dialect.IsTrue("c._millrace_is_change")}) AS o{windows}
            """);
    }

    private string Changes()
    {
        (string w, string windows) = Dialect.Window($"PARTITION BY {KeyOf("s")} ORDER BY {OrderOf("s")}");
        string image = $"ROW({KeySql.List(Dialect, "s", Load.Columns.Select(c => c.Name))})";
        return Dialect.HasRowValues
            ? $"""
                {IsChange($"lag(s.{Op}) OVER {w}", () => Dialect.Differs($"lag({image}) OVER {w}", image))}
                FROM {Stage} AS s
                LEFT JOIN {Current}{windows}
                """
            : $"""
                {IsChange($"p.{Op}", () => Dialect.Differs("p", "s", Load.Columns))}
                FROM {Numbered} AS s
                LEFT JOIN {Numbered} AS p ON {KeySql.Match(Dialect, "p", "s", Load.Write.Schema.Key)} AND p._millrace_nth = s._millrace_nth - 1
                LEFT JOIN {Current}
                """;
    }

    // The event before, of the same key, is reached by a window where rows are values, else by its number.
    private string IsChange(string opBefore, Func<string> differsFromBefore)
    {
        string isThere = $"t.{Dialect.Quote(Load.Write.Schema.Key[0])} IS NOT NULL";
        return $"""
            SELECT s.*,
              CASE
                WHEN s.{Op} = {StageCode.Delete} AND {opBefore} IS NULL THEN {Dialect.Flag(isThere)}
                WHEN s.{Op} = {StageCode.Delete} THEN {Dialect.Flag($"{opBefore} <> {StageCode.Delete}")}
                WHEN {opBefore} IS NULL THEN {Dialect.Flag($"NOT ({isThere}) OR {Dialect.Differs("t", "s", Load.Columns)}")}
                WHEN {opBefore} = {StageCode.Delete} THEN {Dialect.Literal(true)}
                ELSE {Dialect.Flag(differsFromBefore())}
              END AS _millrace_is_change
            """;
    }

    private string Current => $"{Target} AS t ON {KeySql.Match(Dialect, "t", "s", Load.Write.Schema.Key)} AND {Dialect.IsTrue("t.\"_millrace_is_current\"")}";

    private string Numbered => $"(SELECT n.*, row_number() OVER (PARTITION BY {KeyOf("n")} ORDER BY {OrderOf("n")}) AS _millrace_nth FROM {Stage} AS n)";

    private string KeyOf(string alias) => KeySql.List(Dialect, alias, Load.Write.Schema.Key);

    /// <summary>Moves the position of rows that were seen again unchanged, so that they count for this generation.</summary>
    public string TouchUnchanged() => Dialect.UpdateFrom(
        Target,
        "t",
        $"\"_millrace_position\" = coalesce(m._millrace_last_position, t.\"_millrace_position\"), \"_millrace_generation\" = {Generation}",
        $"""
        (
          SELECT {Key}, max("_millrace_position") AS _millrace_last_position
          FROM {Stage}
          GROUP BY {Key}) AS m
        """,
        $"""
        {KeySql.Match(Dialect, "t", "m", Load.Write.Schema.Key)} AND {Dialect.IsTrue("t.\"_millrace_is_current\"")}
          AND NOT EXISTS (SELECT 1 FROM {Versions} AS v WHERE {KeySql.Match(Dialect, "t", "v", Load.Write.Schema.Key)})
        """);

    /// <summary>Closes the versions that were current.</summary>
    /// <param name="byDelete">True for those that a delete closes, false for those that a newer version closes.</param>
    public string Close(bool byDelete) => Dialect.UpdateFrom(
        Target,
        "t",
        $"\"_millrace_valid_to\" = v._millrace_opens_at, \"_millrace_is_current\" = {Dialect.Literal(false)}"
            + (byDelete && Load.HasDeletedAt ? ", \"_millrace_deleted_at\" = v._millrace_opens_at" : ""),
        $"{Versions} AS v",
        $"""
        {KeySql.Match(Dialect, "t", "v", Load.Write.Schema.Key)} AND {Dialect.IsTrue("t.\"_millrace_is_current\"")} AND v._millrace_number = 1
          AND v.{Op} {(byDelete ? "=" : "<>")} {StageCode.Delete}
        """);

    /// <summary>Writes the new versions.</summary>
    public string Insert()
    {
        string data = KeySql.List(Dialect, "", Load.Columns.Select(c => c.Name));
        string guards = Load.Write.IsChangeCapture ? ", \"_millrace_position\", \"_millrace_generation\"" : "";
        string guardValues = Load.Write.IsChangeCapture ? $", v.\"_millrace_position\", {Generation}" : "";
        string deleted = Load.HasDeletedAt ? ", \"_millrace_deleted_at\"" : "";
        string deletedValue = Load.HasDeletedAt ? $", CASE WHEN v._millrace_next_op = {StageCode.Delete} THEN v._millrace_closes_at END" : "";
        return $"""
            INSERT INTO {Target} (
              {data}, "_millrace_run_id", "_millrace_loaded_at",
              "_millrace_valid_from", "_millrace_valid_to", "_millrace_is_current"{guards}{deleted})
            SELECT
              {KeySql.List(Dialect, "v", Load.Columns.Select(c => c.Name))}, {Dialect.Literal(request.RunId)}, {_loadedAt},
              v._millrace_opens_at, v._millrace_closes_at, {Dialect.Flag("v._millrace_next_op IS NULL")}{guardValues}{deletedValue}
            FROM {Versions} AS v
            WHERE v.{Op} <> {StageCode.Delete}
            ORDER BY v.{Sequence}
            """;
    }
}
