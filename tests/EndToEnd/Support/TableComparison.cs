namespace Millrace.EndToEndTests.Support;

/// <summary>What a comparison found.</summary>
/// <param name="Rows">Rows compared, live ones.</param>
/// <param name="Deleted">Rows that are marked as deleted.</param>
/// <param name="Differences">What differs, at most a handful of each table in words.</param>
internal sealed record ComparisonResult(long Rows, long Deleted, IReadOnlyList<string> Differences)
{
    public static ComparisonResult Sum(IEnumerable<ComparisonResult> parts)
    {
        ComparisonResult[] all = [.. parts];
        return new(all.Sum(p => p.Rows), all.Sum(p => p.Deleted), [.. all.SelectMany(p => p.Differences)]);
    }
}

/// <summary>Compares a destination's tables with the documents of the independent replay: every row, every field, every value.</summary>
internal static class TableComparison
{
    private const int MaxShown = 12;

    /// <summary>Compares one table with one collection.</summary>
    /// <param name="warehouse">The destination.</param>
    /// <param name="schema">The table's schema.</param>
    /// <param name="table">The table.</param>
    /// <param name="documents">The collection's documents as canonical Extended JSON.</param>
    public static ComparisonResult Compare(Warehouse warehouse, string schema, string table, IReadOnlyCollection<string> documents)
    {
        Dictionary<string, string> map = warehouse.ColumnMap(schema, table);
        var differences = new List<string>();
        var live = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        var deleted = new Dictionary<string, Dictionary<string, Cell>>(StringComparer.Ordinal);
        foreach (Dictionary<string, Cell> row in warehouse.Read(schema, table))
        {
            Dictionary<string, string> fields = ActualRow.Read(row, map);
            string id = fields.GetValueOrDefault("_id", "none");
            if (row.ContainsKey("_millrace_deleted_at"))
            {
                if (!deleted.TryAdd(id, row))
                {
                    differences.Add($"{table}: two deleted rows of _id {id}: {Origin(deleted[id])}, and {Origin(row)}");
                }
            }
            else if (!live.TryAdd(id, fields))
            {
                differences.Add($"{table}: two rows of _id {id}");
            }
        }

        differences.AddRange(live.Keys.Intersect(deleted.Keys).Select(id => $"{table}: _id {id} is there both alive and deleted"));
        CompareRows(table, documents, live, differences);
        return new(documents.Count, deleted.Count, [.. differences.Take(MaxShown)]);
    }

    private static string Origin(Dictionary<string, Cell> row) =>
        string.Join(' ', row.Where(c => c.Key.StartsWith("_millrace_", StringComparison.Ordinal)).Select(c => $"{c.Key["_millrace_".Length..]} {c.Value.Text}"));

    private static void CompareRows(
        string table, IReadOnlyCollection<string> documents, Dictionary<string, Dictionary<string, string>> live, List<string> differences)
    {
        foreach (string line in documents)
        {
            Dictionary<string, string> expected = ExpectedDocument.Read(line);
            string id = expected.GetValueOrDefault("_id", "none");
            if (!live.Remove(id, out Dictionary<string, string>? actual))
            {
                differences.Add($"{table}: no row for {line}");
                continue;
            }

            foreach (string field in expected.Keys.Union(actual.Keys))
            {
                string want = expected.GetValueOrDefault(field, "nothing");
                string have = actual.GetValueOrDefault(field, "nothing");
                if (want != have && !IsDecimalAsText(want, have))
                {
                    differences.Add($"{table}: _id {id}, field '{field}': {have} where {want} is right");
                }
            }
        }

        differences.AddRange(live.Keys.Select(id => $"{table}: a row of _id {id}, which no document has"));
    }

    // A Decimal128 that no decimal column of 38 digits can hold stands in a text column, with the same value.
    private static bool IsDecimalAsText(string want, string have)
    {
        const string number = "number:", text = "text:";
        return want.StartsWith(number, StringComparison.Ordinal) && have.StartsWith(text, StringComparison.Ordinal)
            && (ExactNumber.Normalize(have[text.Length..]) ?? have[text.Length..]) == want[number.Length..];
    }
}
