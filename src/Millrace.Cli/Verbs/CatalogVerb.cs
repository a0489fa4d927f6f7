using System.CommandLine;
using System.Text.Json;
using Millrace.Catalog.Stores;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace catalog status|migrate</c>: where the catalog is, and its schema's version.</summary>
internal static class CatalogVerb
{
    public static Verb Create()
    {
        var verb = new Verb("catalog", "Show the metadata catalog, or bring its schema up to date.");
        verb.Subcommands.Add(CreateStatus());
        verb.Subcommands.Add(CreateMigrate());
        return verb;
    }

    private static Verb CreateStatus()
    {
        var verb = new Verb("status", "Show where the catalog is, the version of its schema, and what it holds. Makes and changes nothing.")
        {
            Examples = ["millrace catalog status", "millrace catalog status --json"],
        };
        verb.Does(async (context, ct) =>
        {
            CatalogStatus status = await Workspace.OpenHead(context).CatalogStore.StatusAsync(ct).ConfigureAwait(false);
            if (context.Json)
            {
                JsonOutput.Write(context.Out, writer => Write(writer, context, status));
            }
            else
            {
                Print(context, status);
            }

            return ExitCodes.Ok;
        });
        return verb;
    }

    private static Verb CreateMigrate()
    {
        var verb = new Verb("migrate", "Make the catalog where it is missing and bring its schema up to date. A run does so too; this is for doing it before, or with other rights.")
        {
            Examples = ["millrace catalog migrate", "millrace catalog migrate --dry-run"],
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "List what is missing and change nothing." };
        verb.Options.Add(dryRun);
        verb.Does(async (context, ct) =>
        {
            bool isDryRun = context.Get(dryRun);
            CatalogMigration migration = await Workspace.OpenHead(context).CatalogStore.MigrateAsync(isDryRun, ct).ConfigureAwait(false);
            if (context.Json)
            {
                JsonOutput.Write(context.Out, writer => Write(writer, context, migration, isDryRun));
            }
            else
            {
                Print(context, migration, isDryRun);
            }

            return ExitCodes.Ok;
        });
        return verb;
    }

    private static void Print(VerbContext context, CatalogStatus status)
    {
        string version = !status.Exists ? $"none yet; 'millrace catalog migrate' or the first run makes it, at version {status.Newest}"
            : status.Version == status.Newest ? $"{status.Version}, up to date"
            : $"{status.Version} of {status.Newest}; 'millrace catalog migrate' or the next run brings it up to date";
        context.Out.WriteLine($"store    {status.Engine}");
        context.Out.WriteLine($"where    {context.Secrets.Scrub(status.Location)}");
        context.Out.WriteLine($"version  {version}");
        if (status.Exists)
        {
            context.Out.WriteLine($"size     {new ByteSize(status.Bytes)}");
            context.Terminal.Line();
            context.Terminal.Table(["table", ">rows"], status.Tables.Select(t => (IReadOnlyList<string>)[t.Table, $"{t.Rows:N0}"]));
        }
    }

    private static void Print(VerbContext context, CatalogMigration migration, bool isDryRun)
    {
        foreach ((int version, string name) in migration.Applied)
        {
            context.Out.WriteLine($"{(isDryRun ? "missing" : "applied")}  {version:0000}  {name}");
        }

        string where = context.Secrets.Scrub(migration.Location);
        context.Out.WriteLine(
            migration.Applied.IsEmpty ? $"The catalog at {where} is up to date (version {migration.To})."
            : isDryRun ? $"The catalog at {where} is at version {migration.From}; this Millrace has {migration.To}. Nothing was changed."
            : $"The catalog at {where} went from version {migration.From} to {migration.To}.");
    }

    private static void Write(Utf8JsonWriter writer, VerbContext context, CatalogStatus status)
    {
        writer.WriteStartObject();
        writer.WriteString("store", status.Engine);
        writer.WriteString("location", context.Secrets.Scrub(status.Location));
        writer.WriteBoolean("exists", status.Exists);
        writer.WriteNumber("version", status.Version);
        writer.WriteNumber("newest_version", status.Newest);
        writer.WriteNumber("bytes", status.Bytes);
        writer.WriteStartObject("rows");
        foreach ((string table, long rows) in status.Tables)
        {
            writer.WriteNumber(table, rows);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, VerbContext context, CatalogMigration migration, bool isDryRun)
    {
        writer.WriteStartObject();
        writer.WriteString("location", context.Secrets.Scrub(migration.Location));
        writer.WriteNumber("from", migration.From);
        writer.WriteNumber("to", migration.To);
        writer.WriteBoolean("dry_run", isDryRun);
        writer.WriteStartArray("migrations");
        foreach ((int version, string name) in migration.Applied)
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", version);
            writer.WriteString("name", name);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
