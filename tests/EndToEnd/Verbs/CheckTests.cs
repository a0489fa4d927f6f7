using Millrace.EndToEndTests.Support;

namespace Millrace.EndToEndTests.Verbs;

/// <summary><c>check</c> tells all that a run would stumble over, at once.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CommandLineShell _shell;

    public CheckTests() => _shell = new(_folder);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_variable_that_a_connection_lacks_is_told_at_once_and_the_others_are_tried()
    {
        await WriteAsync("${UNSET_KEY_TO_CHECK}");
        await File.WriteAllTextAsync(_folder[".env"], "UNSET_KEY_TO_CHECK=k\n", TestContext.Current.CancellationToken);

        ProcessOutcome check = (await _shell.RunAsync("check")).ShouldExitWith(2);

        check.Output.ShouldContain("millrace.yaml:2: MR1003: connections.backup.dump refers to ${UNSET_FOLDER_TO_CHECK}, which is not set.");
        check.Output.ShouldContain("millrace.yaml:2: MR1003: connections.backup.database refers to ${UNSET_NAME_TO_CHECK}, which is not set.");
        check.Output.ShouldContain($"or write UNSET_NAME_TO_CHECK=… as a line of {_folder[".env"]}.");
        check.Output.ShouldContain("2 problems.");
        check.Output.ShouldContain("ok      warehouse: database file");
        (await _shell.RunAsync("check warehouse")).ShouldExitWith(0);
        (await _shell.RunAsync("check --json")).ShouldExitWith(2).Output.ShouldContain("\"location\": \"millrace.yaml:2\"");
    }

    [Fact]
    public async Task Those_of_masks_and_of_jobs_are_told_with_them()
    {
        await WriteAsync("${UNSET_KEY_TO_CHECK}", table: "${UNSET_SCHEMA_TO_CHECK}.orders");

        string both = (await _shell.RunAsync("check")).ShouldExitWith(2).Errors;
        both.ShouldContain("millrace.yaml:2: MR1003: connections.backup.dump");
        both.ShouldContain("millrace.yaml:9: MR1003: jobs.load.tasks[0].target.table refers to ${UNSET_SCHEMA_TO_CHECK}");
        both.ShouldContain("millrace.yaml:10: MR1003: jobs.load.tasks[0].columns[0].mask_key refers to ${UNSET_KEY_TO_CHECK}");
        both.ShouldContain("4 problems.");

        await WriteAsync("${UNSET_KEY_TO_CHECK}");
        (await _shell.RunAsync("check")).ShouldExitWith(2).Errors.ShouldContain("3 problems.");
        (await _shell.RunAsync("status")).ShouldExitWith(0);
    }

    private Task WriteAsync(string key, string table = "raw.orders") => File.WriteAllTextAsync(_folder["millrace.yaml"], $$"""
        connections:
          backup: { type: mongodb, dump: "${UNSET_FOLDER_TO_CHECK}", database: "${UNSET_NAME_TO_CHECK}" }
          warehouse: { type: duckdb, path: warehouse.duckdb }
        jobs:
          load:
            tasks:
              - name: everything
                source: { connection: backup, dataset: orders }
                target: { connection: warehouse, table: "{{table}}" }
                columns: [ { from: email, mask: hmac_sha256, mask_key: "{{key}}" } ]
        """, TestContext.Current.CancellationToken);
}
