using Millrace.Catalog;
using Millrace.Catalog.Jobs;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Projects;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace apply</c>: the project's files become the catalog's definitions.</summary>
internal static class ApplyVerb
{
    public static Verb Create()
    {
        var verb = new Verb("apply", "Make the catalog's definitions equal to the project's files, as a new version. With definitions: catalog runs take them from there; else they read the files, and this keeps their history.")
        {
            Examples = ["millrace apply", "millrace diff && millrace apply"],
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        Workspace workspace = Workspace.OpenFiles(context);
        ICatalog catalog = await workspace.OpenCatalogAsync(cancellationToken).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            Definitions applied = await catalog.Definitions.ReadAsync(cancellationToken).ConfigureAwait(false);
            AppliedVersion version = await catalog.Definitions
                .ApplyAsync(Definitions.Of(workspace.Project), applied.Version, Environment.UserName, cancellationToken).ConfigureAwait(false);
            DiffVerb.Print(context, version.Version, version.Changes);
            return ExitCodes.Ok;
        }
    }
}
