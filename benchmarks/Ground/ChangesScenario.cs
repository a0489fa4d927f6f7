using System.Globalization;
using Millrace.Testing.Servers;

namespace Millrace.Ground;

/// <summary>
/// A log of as many changes as there are documents, merged into PostgreSQL and DuckDB after the snapshot; for PostgreSQL against psql that
/// copies the rows that changed, already encoded, into a stage and upserts them: what the server alone takes.
/// </summary>
internal sealed class ChangesScenario(Bench bench)
{
    public async Task RunAsync()
    {
        int documents = bench.Options.Documents;
        bench.Report.Section("Changes merged");
        bench.Report.Line($"{documents:N0} oplog entries (70% v2 diffs, 10% each of inserts, replacements, deletes) over {documents:N0} documents.");
        bench.Report.Line("'Even': no document changes twice. 'Hot': half of the changes fall on an eighth of the documents.");
        bench.Report.Line("");
        bench.Report.Table("| target | changes | seconds | changes/s | the server alone | peak MiB | live rows |");
        foreach (bool isHot in new[] { false, true })
        {
            await PostgreSqlAsync(isHot).ConfigureAwait(false);
            Measured duck = await MillraceAsync("DuckDB", "{ type: duckdb, path: ground.duckdb }", isHot).ConfigureAwait(false);
            Line("DuckDB", isHot, duck, "", "");
        }
    }

    private async Task PostgreSqlAsync(bool isHot)
    {
        string database = await bench.Server.CreateDatabaseAsync().ConfigureAwait(false);
        Measured run = await MillraceAsync("PostgreSQL", $"{{ type: postgresql, connection_string: \"{database}\" }}", isHot, database).ConfigureAwait(false);
        long live = await Bench.CountAsync(database, "docs WHERE _millrace_deleted_at IS NULL").ConfigureAwait(false);
        Measured alone = await ServerAloneAsync(database).ConfigureAwait(false);
        Line(
            "PostgreSQL",
            isHot,
            run,
            string.Create(CultureInfo.InvariantCulture, $"{alone.Seconds:F2} s"),
            live.ToString("N0", CultureInfo.InvariantCulture));
    }

    private async Task<Measured> MillraceAsync(string name, string target, bool isHot, string? database = null)
    {
        int documents = bench.Options.Documents;
        (string dump, _) = bench.Dump(documents);
        string project = bench.Project("changes-" + name, CostOfARunScenario.Yaml(dump, target));
        await bench.MillraceAsync(project, "run", "ground").ConfigureAwait(false);
        if (database is not null)
        {
            await PostgreSqlServer.ExecuteAsync(
                database, "CREATE TABLE before AS TABLE docs; CREATE UNIQUE INDEX ON before (\"_id\"); ANALYZE before; CHECKPOINT").ConfigureAwait(false);
        }

        GroundData.WriteOplog(Path.Combine(project, "log", "1.bson"), documents, documents, isHot);
        return await bench.MillraceAsync(project, "run", "ground").ConfigureAwait(false);
    }

    private async Task<Measured> ServerAloneAsync(string database)
    {
        string file = Path.Combine(bench.Project("changes-raw", ""), "changed.copy");
        await Bench.RunAsync(
            "psql", Path.GetTempPath(), Bench.Uri(database), "-qc", $"\\copy (SELECT * FROM docs WHERE _millrace_run_id = 2) TO '{file}' (FORMAT binary)")
            .ConfigureAwait(false);
        await PostgreSqlServer.ExecuteAsync(database, "CHECKPOINT").ConfigureAwait(false);
        string script = Path.Combine(Path.GetDirectoryName(file)!, "upsert.sql");
        await File.WriteAllTextAsync(
            script,
            $"""
            SET jit = off;
            CREATE TEMP TABLE stage (LIKE before);
            \copy stage FROM '{file}' (FORMAT binary)
            SELECT format(
              'INSERT INTO before SELECT * FROM stage ORDER BY "_id" ON CONFLICT ("_id") DO UPDATE SET %s',
              string_agg(format('%1$I = excluded.%1$I', column_name), ', '))
            FROM information_schema.columns
            WHERE table_name = 'before' AND column_name <> '_id' \gexec
            """).ConfigureAwait(false);
        return await Bench.RunAsync("psql", Path.GetTempPath(), Bench.Uri(database), "-q", "-v", "ON_ERROR_STOP=1", "-f", script).ConfigureAwait(false);
    }

    private void Line(string target, bool isHot, Measured run, string alone, string live) => bench.Report.Line(
        $"| {target} | {(isHot ? "hot" : "even")} | {run.Seconds:F2} | {bench.Options.Documents / run.Seconds:N0} | {alone} | {run.PeakMegabytes:F0} | {live} |");
}
