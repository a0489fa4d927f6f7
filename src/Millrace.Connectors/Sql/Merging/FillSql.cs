using Millrace.Connectors.Sql.Bulk;
using Millrace.Connectors.Sql.Loads;
using Millrace.Core.Schemas;

namespace Millrace.Connectors.Sql.Merging;

/// <summary>
/// Makes whole images of staged rows that are not: a partial update takes what it leaves unset from the events before it in the load, else from
/// the target; a soft delete takes every column so, because the row keeps its last values. Afterwards every strategy can treat a staged row as
/// a whole row, and one load gives the same table as many.
/// </summary>
internal sealed class FillSql(SqlDialect dialect, TableLoad load, int generation) : StageSql(dialect, load, generation)
{
    /// <summary>
    /// Up to so many staged rows their values travel packed, where the engine can. DuckDB looks for the last value of a key from row to row, so that
    /// the time grows with the square of a key's events: measured, 50,000 of one key take as long as with a sort for each column.
    /// </summary>
    private const int MostPacked = 50_000;

    // A version of scd2 ends with its delete; the next one starts from nothing.
    private readonly bool _deletesKeep = load.HasDeletedAt && !load.IsScd2;

    /// <summary>True where the stage holds rows that need it.</summary>
    public bool IsNeeded => Load.StagedPartials > 0 || (_deletesKeep && Load.StagedDeletes > 0 && !(MarksDeletesInPlace && Load.StagedRepeats == 0));

    /// <summary>A query of the keys whose events are looked at.</summary>
    public string Keys => !MarksDeletesInPlace
        ? $"SELECT {Key} FROM {Stage} WHERE {Op} IN ({StageCode.Delete}, {StageCode.Partial})"
        : Load.StagedPartials == 0
            ? RepeatedDeletes
            : $"SELECT {Key} FROM {Stage} WHERE {Op} = {StageCode.Partial} UNION {RepeatedDeletes}";

    /// <summary>Fills the rows, and marks deletes of known rows as <see cref="StageCode.SoftDelete"/> where deletes are soft.</summary>
    public string Fill()
    {
        int[] columns = [.. Enumerable.Range(0, Load.Columns.Length).Where(NeedsFill)];
        IEnumerable<string> sets = columns
            .Select(i => $"{Column(i)} = f.{Column(i)}")
            .Append($"{Op} = CASE WHEN s.{Op} = {StageCode.Delete} AND {Dialect.IsTrue("f._millrace_is_known")} THEN {SoftCode} ELSE s.{Op} END");
        IEnumerable<string> values = columns.Select(i => $"CASE WHEN {(Packs ? PackedValue(i) : GroupedValue(i))} END AS {Column(i)},");
        IEnumerable<string> groups = columns.GroupBy(i => IsMarked(i) ? i : -1).Select(g => Packs ? Pack(g) : Count(g.First()));
        return Dialect.UpdateFrom(
            Stage,
            "s",
            string.Join(",\n  ", sets),
            $"""
            (
              SELECT r.{Sequence},
                {string.Join("\n    ", values)}
                {Dialect.Flag($"(r._millrace_seen > 0 OR t.{Dialect.Quote(Load.Write.Schema.Key[0])} IS NOT NULL)")} AS _millrace_is_known
              FROM (
                SELECT s.*,
                  {string.Join("\n      ", groups)}
                  count(CASE WHEN s.{Op} <> {StageCode.Delete} THEN 1 END) OVER {Events.Name} AS _millrace_seen
                FROM {Stage} AS s
                WHERE {Dialect.In("s", Load.Write.Schema.Key, Keys)}{Events.Clause}) AS r
              LEFT JOIN {(Load.HasMatches && Load.Write.IsChangeCapture ? Wholes : Known)} AS t
                ON {KeySql.Match(Dialect, "t", "r", Load.Write.Schema.Key)}{(Load.IsScd2 ? " AND " + Dialect.IsTrue("t.\"_millrace_is_current\"") : "")}) AS f
            """,
            $"s.{Sequence} = f.{Sequence} AND s.{Op} IN ({StageCode.Delete}, {StageCode.Partial})");
    }

    private (string Name, string Clause) Events => Dialect.Window($"PARTITION BY {Key} ORDER BY {Order}");

    private bool Packs => Dialect.PacksValues && Load.Sequence <= MostPacked;

    private string RepeatedDeletes => $"SELECT {Key} FROM {Stage} AS d WHERE {Op} = {StageCode.Delete} AND {Dialect.In("d", Load.Write.Schema.Key, RepeatedKeys)}";

    private int SoftCode => _deletesKeep ? StageCode.SoftDelete : StageCode.Delete;

    private string IsUnsetRow => _deletesKeep ? $"(s.{Op} = {StageCode.Delete})" : Dialect.Never;

    private bool NeedsFill(int column) => !Load.KeyColumns.Contains(column)
        && (IsMarked(column) || (_deletesKeep && Load.StagedDeletes > 0));

    private bool IsMarked(int column) => Load.UnsetMarks.ContainsKey(Load.Columns[column].Name);

    private string Column(int index) => Dialect.Quote(Load.Columns[index].Name);

    // Rows between two that set a column form a group; the first of a group holds the value. Columns without marks share their groups.
    private string Group(int index) => IsMarked(index) ? $"_millrace_set_{index}" : "_millrace_set";

    private string Count(int index) => $"count(CASE WHEN {IsSet(index)} THEN 1 END) OVER {Events.Name} AS {Group(index)},";

    private string GroupedValue(int index)
    {
        string key = KeySql.List(Dialect, "r", Load.Write.Schema.Key);
        return $"r.{Group(index)} = 0 THEN t.{Column(index)} ELSE first_value(r.{Column(index)}) OVER (PARTITION BY {key}, r.{Group(index)} ORDER BY {OrderOf("r")})";
    }

    // The last row that sets a column holds the value. A struct around it tells a null that was set from none. Columns without marks share theirs.
    private string Pack(IEnumerable<int> columns)
    {
        int[] all = [.. columns];
        string values = string.Join(", ", all.Select(i => $"{Packed(i)} := s.{Column(i)}"));
        return $"last_value(CASE WHEN {IsSet(all[0])} THEN struct_pack({values}) END IGNORE NULLS) OVER w AS {Group(all[0])},";
    }

    private string PackedValue(int index) => $"r.{Group(index)} IS NULL THEN t.{Column(index)} ELSE (r.{Group(index)}).{Packed(index)}";

    private string IsSet(int index) => $"NOT {(IsMarked(index) ? IsUnset("s", index, _deletesKeep) : IsUnsetRow)}";

    private static string Packed(int index) => $"v{index}";
}
