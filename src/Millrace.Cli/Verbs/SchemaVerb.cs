using Millrace.Cli.CommandLine;
using Millrace.Cli.Projects;
using Millrace.Core.Config;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace schema</c>: the JSON schema of a project file, for editors.</summary>
internal static class SchemaVerb
{
    public static Verb Create()
    {
        var verb = new Verb("schema", "Print the JSON schema of millrace.yaml, for completion and checks in your editor.")
        {
            Examples =
            [
                "millrace schema > millrace.schema.json     # then, first line of millrace.yaml:",
                "# yaml-language-server: $schema=millrace.schema.json",
            ],
        };
        verb.Does(context =>
        {
            context.Out.Write(ProjectSchema.ToJson(ConnectorList.Registry));
            return ExitCodes.Ok;
        });
        return verb;
    }
}
