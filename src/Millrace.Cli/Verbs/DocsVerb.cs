using System.CommandLine;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Projects;
using Millrace.Cli.Reference;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace docs</c>: writes the generated pages; for those who work on Millrace itself.</summary>
internal static class DocsVerb
{
    public static Verb Create()
    {
        var folder = new Option<string>("--out") { Description = "The docs folder.", HelpName = "DIR", DefaultValueFactory = _ => "docs" };
        var verb = new Verb("docs", "Write the generated pages under docs/connectors and docs/reference.")
        {
            Hidden = true,
            Examples = ["millrace docs --out docs"],
        };
        verb.Options.Add(folder);
        verb.Does(context =>
        {
            foreach ((string path, string text) in ReferencePages.All(ConnectorList.Registry, MillraceCommandLine.Create()))
            {
                string file = Path.Combine(context.Get(folder)!, path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                File.WriteAllText(file, text);
                context.Out.WriteLine(file);
            }

            return ExitCodes.Ok;
        });
        return verb;
    }
}
