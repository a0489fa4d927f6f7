using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Millrace.Cli.CommandLine;
using Millrace.Core.Errors;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace init</c>: the first project file.</summary>
internal static class InitVerb
{
    private const string FileName = "millrace.yaml";

    public static Verb Create()
    {
        var dump = new Option<string>("--dump")
        {
            Description = "A mongodump folder or archive to read, relative to the project's folder.",
            HelpName = "PATH",
            DefaultValueFactory = _ => "dump",
        };
        var database = new Option<string?>("--database") { Description = "The database in the dump [default: all of them].", HelpName = "NAME" };
        var oplog = new Option<string[]>("--oplog")
        {
            Description = "Oplog files that follow the dump, or patterns such as oplog/*.bson; the dump's own oplog.bson needs no mention.",
            HelpName = "PATH",
        };
        var verb = new Verb("init", "Write a first millrace.yaml: a MongoDB dump into DuckDB. Never overwrites one.")
        {
            Examples = ["millrace init --dump backup/dump --database shop", "millrace init -C projects/shop"],
        };
        verb.Options.Add(dump);
        verb.Options.Add(database);
        verb.Options.Add(oplog);
        verb.Does(context => Write(context, Template(NameOf(context.ProjectDirectory), context.Get(dump)!, context.Get(database), context.Get(oplog) ?? [])));
        return verb;
    }

    private static int Write(VerbContext context, string text)
    {
        Directory.CreateDirectory(context.ProjectDirectory);
        string path = Path.Combine(context.ProjectDirectory, FileName);
        if (File.Exists(path))
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration, $"{path} is there already.", "Edit it, or choose another folder with --project.");
        }

        File.WriteAllText(path, text);
        string ignore = Path.Combine(context.ProjectDirectory, ".gitignore");
        if (!File.Exists(ignore))
        {
            File.WriteAllText(ignore, ".millrace/\n*.duckdb\n*.duckdb.wal\n");
        }

        if (context.Json)
        {
            Output.JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("project_file", path);
                writer.WriteEndObject();
            });
            return ExitCodes.Ok;
        }

        context.Out.WriteLine($"wrote {path}");
        context.Out.WriteLine("next: millrace check, millrace discover backup, millrace plan, millrace run load");
        return ExitCodes.Ok;
    }

    // The folder's name says which project it is, and what is random that it is no other one of that name.
    private static string NameOf(string folder)
    {
        string name = new([.. Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)).Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_').Take(64)]);
        return $"{(name.TrimStart('-', '_') is { Length: > 0 } known ? known : "project")}-{RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 6)}";
    }

    private static string Template(string project, string dump, string? database, string[] oplog)
    {
        string more = (database is null ? "" : $", database: {Quote(database)}")
            + (oplog.Length == 0 ? "" : $", oplog: [{string.Join(", ", oplog.Select(Quote))}]");
        return $$"""
            # A Millrace project. Every setting: docs/reference/project-file.md, or `millrace schema` for your editor.
            project: {{project}}      # stands with the checkpoints in the destination; keep it, and change it in a copy of this folder

            connections:
              backup:    { type: mongodb, dump: {{Quote(dump)}}{{more}} }
              warehouse: { type: duckdb, path: warehouse.duckdb }

            defaults:
              limits: { run_max_duration: 1h }      # a run ends here at the latest, at a committed position; the next goes on

            jobs:
              load:
                tasks:
                  - name: everything                # every collection, its changes merged on _id, deletes kept as soft deletes
                    source: { connection: backup, dataset: "*" }
                    target: { connection: warehouse, table: "raw.{dataset}" }

            """;
    }

    // Double-quoted YAML takes JSON's escapes.
    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
