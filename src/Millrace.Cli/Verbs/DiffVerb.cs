using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Catalog;
using Millrace.Catalog.Jobs;
using Millrace.Cli.CommandLine;
using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config;
using Millrace.Core.Config.Options;

namespace Millrace.Cli.Verbs;

/// <summary><c>millrace diff</c>: what <c>apply</c> would change in the catalog.</summary>
internal static class DiffVerb
{
    public static Verb Create()
    {
        var verb = new Verb("diff", "Show what 'apply' would change: the project's files against the catalog, field by field.")
        {
            Examples = ["millrace diff", "millrace diff --json"],
        };
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        Workspace workspace = Workspace.OpenFiles(context);
        ICatalog catalog = await workspace.OpenCatalogToReadAsync(cancellationToken).ConfigureAwait(false);
        await using (catalog.ConfigureAwait(false))
        {
            Definitions applied = await catalog.Definitions.ReadAsync(cancellationToken).ConfigureAwait(false);
            Print(context, applied.Version, DefinitionDiff.Between(applied, Definitions.Of(workspace.Project)));
            return ExitCodes.Ok;
        }
    }

    /// <summary>Prints changes, of a diff or of an apply.</summary>
    public static void Print(VerbContext context, long version, ImmutableArray<DefinitionChange> changes)
    {
        if (context.Json)
        {
            JsonOutput.Write(context.Out, writer => Write(writer, version, changes));
            return;
        }

        foreach (DefinitionChange change in changes)
        {
            string sign = change.Type switch { ChangeType.Added => "+", ChangeType.Removed => "-", _ => "~" };
            context.Out.WriteLine($"{sign} {change.Subject} {change.Name}");
            foreach (FieldChange field in change.Type == ChangeType.Removed ? [] : change.Fields)
            {
                string before = field.Before is null ? "" : $"{field.Before} → ";
                context.Out.WriteLine($"    {field.Field}: {before}{field.After ?? "(not set)"}");
            }
        }

        context.Out.WriteLine(changes.IsEmpty ? $"No difference (version {version})." : $"{Quantity.Of(changes.Length, "difference")} (version {version}).");
    }

    private static void Write(Utf8JsonWriter writer, long version, ImmutableArray<DefinitionChange> changes)
    {
        writer.WriteStartObject();
        writer.WriteNumber("version", version);
        writer.WriteStartArray("changes");
        foreach (DefinitionChange change in changes)
        {
            writer.WriteStartObject();
            writer.WriteString("type", SnakeCase.Of(change.Type));
            writer.WriteString("subject", change.Subject);
            writer.WriteString("name", change.Name);
            writer.WriteStartArray("fields");
            foreach (FieldChange field in change.Fields)
            {
                writer.WriteStartObject();
                writer.WriteString("field", field.Field);
                writer.WriteString("before", field.Before);
                writer.WriteString("after", field.After);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
