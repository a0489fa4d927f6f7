using Millrace.Testing.Servers;

namespace Millrace.Ground;

/// <summary>What loads are compared with.</summary>
internal sealed class Peers(Bench bench)
{
    private const string PythonTable = """
        CREATE TABLE python ("_id" text, order_no bigint, customer text, email text, status text, total double precision, revision bigint,
          is_gift boolean, created_at timestamptz, updated_at timestamptz, address jsonb, tags jsonb, items bigint)
        """;

    /// <summary>psql copies the rows of a table, already encoded, into an empty one of its shape.</summary>
    /// <param name="database">Where the table is.</param>
    /// <param name="table">The table.</param>
    /// <param name="withKey">Whether the key's index is built then.</param>
    public async Task<(Measured Run, long Rows)> RawCopyAsync(string database, string table, bool withKey)
    {
        string file = Path.Combine(bench.Project("raw", ""), table + ".copy");
        await Bench.RunAsync("psql", Path.GetTempPath(), Bench.Uri(database), "-qc", $"\\copy {table} TO '{file}' (FORMAT binary)").ConfigureAwait(false);
        Measured run = await bench.MedianAsync(async _ =>
        {
            await PostgreSqlServer.ExecuteAsync(
                database, $"DROP TABLE IF EXISTS raw; CREATE TABLE raw (LIKE {table}); CHECKPOINT").ConfigureAwait(false);
            string[] arguments = [Bench.Uri(database), "-qc", $"\\copy raw FROM '{file}' (FORMAT binary)"];
            return await Bench.RunAsync("psql", Path.GetTempPath(), withKey ? [.. arguments, "-c", "CREATE UNIQUE INDEX ON raw (\"_id\")"] : arguments)
                .ConfigureAwait(false);
        }).ConfigureAwait(false);
        return (run, await Bench.CountAsync(database, "raw").ConfigureAwait(false));
    }

    /// <summary>The usual script, into a table of its own.</summary>
    /// <param name="source">A .bson file, or a connection string with database and collection.</param>
    /// <param name="database">The target.</param>
    public async Task<(Measured Run, long Rows)> PythonAsync(string source, string database)
    {
        Measured run = await bench.MedianAsync(async _ =>
        {
            await PostgreSqlServer.ExecuteAsync(database, $"DROP TABLE IF EXISTS python; {PythonTable}; CHECKPOINT").ConfigureAwait(false);
            string script = Path.Combine(bench.Root, "benchmarks", "Ground", "peers", "python_copy.py");
            return await Bench.RunAsync("/usr/bin/python3", Path.GetTempPath(), script, source, Bench.Uri(database), "python").ConfigureAwait(false);
        }).ConfigureAwait(false);
        return (run, await Bench.CountAsync(database, "python").ConfigureAwait(false));
    }
}
