using System.Text.Json;
using Millrace.Connectors.DuckDb;
using Millrace.Connectors.PostgreSql;
using Millrace.Core.Contracts.SqlSteps;
using Millrace.Core.Lineage;
using Millrace.Core.Schemas;
using Millrace.IntegrationTests.DuckDb;
using Millrace.IntegrationTests.PostgreSql;
using Millrace.Testing.Servers;

namespace Millrace.IntegrationTests.Lineage;

/// <summary>What the reader says of a statement against what the engines say of it.</summary>
public sealed class LineageConformanceTests(PostgreSqlFixture fixture)
{
    private static readonly Dictionary<string, string[]> Columns = LineageCorpus.Tables.Split('\n').Where(l => l.Contains("CREATE TABLE", StringComparison.Ordinal)).ToDictionary(
        l => l["CREATE TABLE ".Length..].Split(" (")[0].Replace("\"", "", StringComparison.Ordinal),
        l => l[(l.IndexOf('(', StringComparison.Ordinal) + 1)..].Replace("(18, 2)", "", StringComparison.Ordinal).Split(", ").Select(c => c.StartsWith('"') ? c.Split('"')[1] : c.Split(' ')[0]).ToArray());

    private static readonly ISqlLineageReader PostgreSql = new PostgreSqlConnector().CreateLineageReader(null);
    private static readonly ISqlLineageReader DuckDb = new DuckDbConnector().CreateLineageReader(null);

    public static TheoryData<string> PostgreSqlStatements => [.. LineageCorpus.Queries, .. LineageCorpus.Changes, .. LineageCorpus.PostgreSqlChanges];

    public static TheoryData<string> PostgreSqlQueries => [.. LineageCorpus.Queries];

    public static TheoryData<string> DuckDbStatements => [.. LineageCorpus.Queries.Where(q => !q.Contains("FULL JOIN", StringComparison.Ordinal)), .. LineageCorpus.DuckDbQueries];

    [Fact]
    public void The_corpus_is_not_small() =>
        (LineageCorpus.Queries.Count + LineageCorpus.Changes.Count + LineageCorpus.PostgreSqlChanges.Count + LineageCorpus.DuckDbQueries.Count).ShouldBeGreaterThan(60);

    [Fact]
    public async Task Tables_are_those_that_PostgreSql_plans_with()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        await store.ExecuteAsync(LineageCorpus.Tables);
        List<string> differences = [];
        foreach (string statement in PostgreSqlStatements.Select(r => r.Data))
        {
            string plan = (await store.QueryAsync($"EXPLAIN (VERBOSE, FORMAT JSON) {statement}"))[0][0]!;
            var planned = new SortedSet<string>(StringComparer.Ordinal);
            using var json = JsonDocument.Parse(plan);
            Collect(json.RootElement, planned);
            SqlLineage said = PostgreSql.Read(statement, new HashSet<string>(), Known);
            IEnumerable<string> named = said.Statements.SelectMany(s => s.Reads.Concat(s.Writes.Where(w => w.Name != "made"))).Select(t => t.ToString()).Distinct().Order(StringComparer.Ordinal);
            string note = said.Notes.IsEmpty ? "" : said.Notes[0].Text;
            if (!named.SequenceEqual(planned) || note.StartsWith("cannot tell", StringComparison.Ordinal))
            {
                differences.Add($"{statement}\n  planned {string.Join(", ", planned)}\n  said {string.Join(", ", named)}. {note}");
            }
        }

        differences.ShouldBeEmpty();
    }

    [Fact]
    public async Task Columns_are_those_that_a_view_depends_on_in_PostgreSql()
    {
        PostgreSqlStore store = await PostgreSqlStore.CreateAsync(fixture);
        await store.ExecuteAsync(LineageCorpus.Tables);
        List<string> differences = [];
        foreach (string query in LineageCorpus.Queries)
        {
            await store.ExecuteAsync($"CREATE VIEW public.v AS {query}");
            string[] needed = [.. (await store.QueryAsync(
                """
                SELECT DISTINCT n.nspname || '.' || c.relname || '.' || a.attname
                FROM pg_depend d
                JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class = 'public.v'::regclass
                JOIN pg_class c ON c.oid = d.refobjid
                JOIN pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
                WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
                """)).Select(r => r[0]!).Order(StringComparer.Ordinal)];
            string view = $"CREATE VIEW public.v AS {query}";
            string[] said = ColumnsOf(PostgreSql.Read(view, new HashSet<string>(), Known));

            // What only orders is none of lineage.
            string[] missed = [.. needed.Except(said).Where(c => !OnlyOrders(query, c))];
            if (missed.Length > 0 || said.Except(needed).Any())
            {
                differences.Add($"{query}\n  missed {string.Join(", ", missed)}\n  too much {string.Join(", ", said.Except(needed))}");
            }

            // Where no column is known, what it is sure of is true nevertheless.
            IEnumerable<string> blind = ColumnsOf(PostgreSql.Read(view, new HashSet<string>(), _ => null), surelyOnly: true).Except(needed).Where(c => !c.EndsWith(".*", StringComparison.Ordinal));
            if (blind.Any())
            {
                differences.Add($"{query}\n  guessed {string.Join(", ", blind)}");
            }

            await store.ExecuteAsync("DROP VIEW public.v");
        }

        differences.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tables_are_those_that_DuckDb_parses()
    {
        using var store = new DuckDbStore();
        await store.ExecuteAsync(LineageCorpus.Tables);
        List<string> differences = [];
        foreach (string query in DuckDbStatements.Select(r => r.Data))
        {
            // It binds, too: a statement that the engine would refuse is no part of the corpus.
            await store.ExecuteAsync($"CREATE OR REPLACE VIEW main.v AS {query}");
            string tree = (await store.RowsAsync($"SELECT json_serialize_sql('{query.Replace("'", "''", StringComparison.Ordinal)}')"))[0];
            using var json = JsonDocument.Parse(tree);
            var parsed = new SortedSet<string>(StringComparer.Ordinal);
            CollectBaseTables(json.RootElement, parsed);
            SqlLineage said = DuckDb.Read($"CREATE VIEW main.v AS {query}", new HashSet<string>(), Known);
            string[] named = [.. said.Statements.SelectMany(s => s.Reads).Select(t => t.ToString()).Distinct().Order(StringComparer.Ordinal)];
            if (!named.SequenceEqual(parsed) || !said.Notes.IsEmpty)
            {
                differences.Add($"{query}\n  parsed {string.Join(", ", parsed)}\n  said {string.Join(", ", named)}. {string.Join("; ", said.Notes)}");
            }
        }

        differences.ShouldBeEmpty();
    }

    private static string[]? Known(TableId table) => Columns.GetValueOrDefault(table.ToString());

    private static bool OnlyOrders(string query, string column) =>
        query.Contains($"ORDER BY {column.Split('.')[2]}", StringComparison.Ordinal) || (query.Contains("WINDOW", StringComparison.Ordinal) && column is "raw.orders.currency" or "raw.orders.qty");

    private static string[] ColumnsOf(SqlLineage lineage, bool surelyOnly = false) =>
        [.. lineage.Edges.Where(e => e.FromColumn is not null && !(surelyOnly && e.IsUncertain)).Select(e => $"{e.From}.{e.FromColumn}").Distinct().Order(StringComparer.Ordinal)];

    private static void Collect(JsonElement plan, SortedSet<string> tables)
    {
        if (plan.ValueKind == JsonValueKind.Array)
        {
            plan.EnumerateArray().ToList().ForEach(p => Collect(p, tables));
        }
        else if (plan.ValueKind == JsonValueKind.Object)
        {
            if (plan.TryGetProperty("Relation Name", out JsonElement name) && plan.TryGetProperty("Schema", out JsonElement schema))
            {
                tables.Add($"{schema.GetString()}.{name.GetString()}");
            }

            plan.EnumerateObject().ToList().ForEach(p => Collect(p.Value, tables));
        }
    }

    private static void CollectBaseTables(JsonElement tree, SortedSet<string> tables)
    {
        if (tree.ValueKind == JsonValueKind.Array)
        {
            tree.EnumerateArray().ToList().ForEach(p => CollectBaseTables(p, tables));
        }
        else if (tree.ValueKind == JsonValueKind.Object)
        {
            // A CTE is a base table without a schema.
            if (tree.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String && type.GetString() == "BASE_TABLE" && tree.GetProperty("schema_name").GetString() is { Length: > 0 } schema)
            {
                tables.Add($"{schema}.{tree.GetProperty("table_name").GetString()}");
            }

            tree.EnumerateObject().ToList().ForEach(p => CollectBaseTables(p.Value, tables));
        }
    }
}
