using System.CommandLine;
using Millrace.Catalog;
using Millrace.Catalog.Jobs;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config;
using Millrace.Core.Config.Export;
using Millrace.Core.Errors;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace export</c>: the catalog's definitions as a project's files.</summary>
internal static class ExportVerb
{
    public static Verb Create()
    {
        var verb = new Verb("export", "Write the catalog's definitions as a project file, and its SQL scripts beside it. Secrets are references; comments are not kept.")
        {
            Examples = ["millrace export", "millrace export --out exported", "millrace export --json"],
        };
        var folder = new Option<string?>("--out")
        {
            Description = "A folder for millrace.yaml and the scripts, made where it is missing; never overwrites [default: standard output, millrace.yaml alone].", HelpName = "DIR",
        };
        verb.Options.Add(folder);
        verb.Does((context, cancellationToken) => RunAsync(context, context.Get(folder), cancellationToken));
        return verb;
    }

    private static async Task<int> RunAsync(VerbContext context, string? folder, CancellationToken cancellationToken)
    {
        Workspace workspace = Workspace.OpenHead(context);
        ICatalog catalog = await workspace.OpenCatalogToReadAsync(cancellationToken).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            Definitions definitions = await catalog.Definitions.ReadAsync(cancellationToken).ConfigureAwait(false);
            ExportedProject exported = ProjectExport.Of(workspace.Project, definitions.ToProject(), ConnectorList.Registry);
            if (folder is not null)
            {
                Write(context, exported, Path.GetFullPath(folder));
            }
            else
            {
                context.Out.Write(context.Json ? exported.Json : exported.Yaml);
            }

            Remark(context, exported, toFolder: folder is not null);
            return ExitCodes.Ok;
        }
    }

    private static void Write(VerbContext context, ExportedProject exported, string folder)
    {
        (string Path, string Text)[] files =
        [
            (Path.Combine(folder, ProjectLoader.MainFile), exported.Yaml),
            .. exported.Scripts.Select(s => (PathOf(folder, s.Key), s.Value)),
        ];
        if (Array.Find(files, f => File.Exists(f.Path)).Path is { } taken)
        {
            throw new MillraceException(ErrorCodes.InvalidConfiguration, $"{taken} is there already.", "Name another folder with --out: nothing is overwritten.");
        }

        try
        {
            foreach ((string path, string text) in files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, text);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MillraceException(ErrorCodes.FileUnavailable, exception.Message, "Name a folder that this user may write to.", inner: exception);
        }

        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer =>
            {
                writer.WriteStartObject();
                writer.WriteStartArray("files");
                files.ToList().ForEach(f => writer.WriteStringValue(f.Path));
                writer.WriteEndArray();
                writer.WriteEndObject();
            });
            return;
        }

        files.ToList().ForEach(f => context.Out.WriteLine($"wrote {f.Path}"));
    }

    // A path that somebody wrote into the catalog's tables may lead anywhere.
    private static string PathOf(string folder, string script)
    {
        string path = Path.GetFullPath(Path.Combine(folder, script));
        return path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new MillraceException(
                ErrorCodes.InvalidConfiguration, $"The script '{script}' stands outside the project's folder, so it cannot be written to --out.",
                "Move it into the folder, or export without --out and write it yourself.");
    }

    private static void Remark(VerbContext context, ExportedProject exported, bool toFolder)
    {
        if (exported.Yaml.Contains(": \"***\"", StringComparison.Ordinal))
        {
            context.Error.WriteLine("Secrets that the project file had as plain text are *** here: the catalog does not keep them. Write references in their place.");
        }

        if (!toFolder && !context.Json && !exported.Scripts.IsEmpty)
        {
            context.Error.WriteLine($"{Quantity.Of(exported.Scripts.Count, "SQL script")} not shown: --out DIR writes them beside millrace.yaml.");
        }
    }
}
