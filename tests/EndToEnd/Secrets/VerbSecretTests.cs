using System.CommandLine;
using System.Text;
using Millrace.Cli.CommandLine;
using Millrace.EndToEndTests.Support;
using Millrace.Testing.Servers;

namespace Millrace.EndToEndTests.Secrets;

/// <summary>
/// No verb prints a secret, in text or in JSON, and none is left in the catalog or the state, whatever drivers and files say. The users' names and
/// the dump's path hold the secrets, so that the server's and the file system's own messages do.
/// </summary>
public sealed class VerbSecretTests : IDisposable
{
    private const string Right = "Zq9RightSecret";
    private const string Wrong = "Zq9WrongSecret";
    private const string Folder = "Zq9FolderSecret";

    // What needs no project, or resolves nothing: it cannot know a secret.
    private static readonly string[] WithoutSecrets = ["init", "connectors", "sample shop", "schema", "completion"];

    private static readonly string[] CommandLines =
    [
        "check", "check warehouse", "discover backup", "discover backup --fields", "plan load", "plan load --full-refresh", "diff", "apply", "export", "export --out exported", "run load",
        "run load --full-refresh", "preview load", "catalog migrate", "catalog status", "status", "runs", "runs 1", "logs", "logs 1", "tables load", "lineage raw.orders", "trace raw.orders --key 1", "checkpoints list load",
        "checkpoints list load --live", "checkpoints set load --partition x --position y", "checkpoints reset load", "quarantine list load",
        "quarantine show load 1", "quarantine retry load", "quarantine drop load --all",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_verb_that_meets_secrets_is_tried_here() =>
        Leaves(MillraceCommandLine.Create(), "").Except(WithoutSecrets)
            .Where(verb => !CommandLines.Any(line => (line + " ").StartsWith(verb + " ", StringComparison.Ordinal))).ShouldBeEmpty();

    [Theory]
    [InlineData(Right, true, true)]
    [InlineData(Wrong, true, true)]
    [InlineData(Wrong, true, false)]
    [InlineData(Right, false, true)]
    public async Task No_verb_prints_a_secret_and_none_is_kept(string password, bool hasDump, bool isReference)
    {
        Assert.SkipWhen(PostgreSqlServer.IsSkipped, "MILLRACE_SKIP_SERVERS is set");
        await WriteProjectAsync(password, hasDump, isReference);
        var said = new StringBuilder();
        foreach (string line in CommandLines)
        {
            foreach (string form in new[] { line, line + " --json" })
            {
                (string printed, int code) = await RunAsync(form);
                said.AppendLine(printed);
                foreach (string secret in new[] { Right, Wrong, Folder })
                {
                    printed.ShouldNotContain(secret, Case.Insensitive, form);
                }

                code.ShouldBeLessThan(4, form);
            }
        }

        // The messages were the drivers' own: without their secrets.
        said.ToString().ShouldContain(password == Wrong ? "password authentication failed for user \"u_***\"" : "***");
        NothingIsKept();
    }

    private void NothingIsKept()
    {
        string[] files = Directory.GetFiles(_folder[".millrace"], "*", SearchOption.AllDirectories);
        files.ShouldContain(f => f.EndsWith("catalog.db", StringComparison.Ordinal));
        foreach (string file in files)
        {
            // The state keeps the paths of the files that it is about.
            string[] secrets = file.Contains("catalog.db", StringComparison.Ordinal) ? [Right, Wrong, Folder] : [Right, Wrong];
            string bytes = Encoding.Latin1.GetString(File.ReadAllBytes(file));
            foreach (string secret in secrets)
            {
                bytes.ShouldNotContain(secret, Case.Sensitive, file);
            }
        }
    }

    private async Task WriteProjectAsync(string password, bool hasDump, bool isReference)
    {
        using var warehouse = (PostgreSqlWarehouse)Warehouses.Create("postgresql", _folder);
        string user = $"u_{password}";
        warehouse.Execute(
            $"""
            DO $do$ BEGIN
              CREATE ROLE "{user}" SUPERUSER LOGIN PASSWORD '{Right}';
            EXCEPTION WHEN duplicate_object THEN NULL;
            END $do$
            """);
        string database = warehouse.Query("SELECT current_database()::text AS name")[0]["name"].Text;
        string connection = $"Host=127.0.0.1;Port={warehouse.Server.Port};Database={database};Username={user};Password={password}";
        await File.WriteAllTextAsync(_folder[".env"], $"DB='{connection}'\nDUMP={Folder}\n");
        await File.WriteAllTextAsync(_folder["millrace.yaml"], $$"""
            connections:
              backup: { type: mongodb, dump: "${DUMP}", oplog: "${DUMP}/changes/oplog/*.bson", database: shop }
              warehouse: { type: postgresql, connection_string: "{{(isReference ? "${DB}" : connection)}}" }
            jobs:
              load:
                tasks:
                  - name: orders
                    source: { connection: backup, dataset: orders, on_history_lost: resnapshot }
                    target: { connection: warehouse, table: "raw.{dataset}" }
                    schema_contract: { types: quarantine }
            """);
        if (hasDump)
        {
            (await RunAsync($"sample shop --out {_folder[Folder]} --orders 50")).Code.ShouldBe(0);
        }
    }

    private async Task<(string Printed, int Code)> RunAsync(string line)
    {
        ProcessOutcome outcome = await new CommandLineShell(_folder).RunAsync(line);
        return ($"{line}\n{outcome.All}", outcome.ExitCode);
    }

    private static IEnumerable<string> Leaves(Command command, string words) => command.Subcommands
        .OfType<Verb>().Where(v => !v.Hidden).SelectMany(v =>
        {
            string path = $"{words} {v.Name}".Trim();
            return v.Subcommands.Count == 0 ? [path] : Leaves(v, path);
        });
}
