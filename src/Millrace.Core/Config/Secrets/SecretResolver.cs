using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Millrace.Core.Errors;

namespace Millrace.Core.Config.Secrets;

/// <summary>A place where variables are looked up.</summary>
/// <param name="Name">Its name in a message: <c>the environment</c>, <c>.env</c>.</param>
/// <param name="Find">The variable's value, or null where the place has none.</param>
public sealed record SecretPlace(string Name, Func<string, string?> Find)
{
    /// <summary>True for a file of lines NAME=value, there or not, whose path is the name.</summary>
    public bool IsFile { get; init; }
}

/// <summary>
/// Puts secrets in the place of their references, at the moment they are needed. Nothing that it throws holds a secret, and what it resolved
/// can be taken out of texts that others made (<see cref="Scrubber"/>).
/// </summary>
public sealed class SecretResolver
{
    private readonly ImmutableArray<SecretPlace> _places;
    private readonly Func<string, string?> _readFile;

    /// <summary>Creates a resolver.</summary>
    /// <param name="places">Where <c>${NAME}</c> is looked up; the first that has it wins.</param>
    /// <param name="readFile">The text of a file (path as written after <c>file:</c>), or null where it cannot be read.</param>
    /// <param name="scrubber">Told of every secret that is resolved; null for one of its own.</param>
    public SecretResolver(IEnumerable<SecretPlace> places, Func<string, string?> readFile, SecretScrubber? scrubber = null)
    {
        Scrubber = scrubber ?? new();
        _places = [.. places];
        _readFile = readFile;
    }

    /// <summary>Knows every secret that was resolved here.</summary>
    public SecretScrubber Scrubber { get; }

    /// <summary>Resolves every reference in a text; a text without one comes back as it is.</summary>
    /// <param name="text">The text as written.</param>
    /// <param name="configPath">The setting that it belongs to, for the message.</param>
    /// <exception cref="MillraceException">MR1003 naming the reference and every place that was looked in.</exception>
    public string Resolve(string text, string configPath)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!SecretReference.IsIn(text))
        {
            return ResolveVariables(text, configPath);
        }

        string resolved = ResolveReferences(text, configPath);
        Scrubber.Add(resolved);
        return resolved;
    }

    private string ResolveReferences(string text, string configPath)
    {
        if (text.StartsWith(SecretReference.FilePrefix, StringComparison.Ordinal))
        {
            string path = ResolveVariables(text[SecretReference.FilePrefix.Length..], configPath);
            // Editors and kubectl end a file with a line break that is no part of the secret.
            return _readFile(path)?.TrimEnd('\r', '\n') ?? throw Missing($"file:{path}", configPath, $"file {path}: not there or not readable",
                $"Write the secret to {path}, readable by this user, or use ${{NAME}}.");
        }

        return ResolveVariables(text, configPath);
    }

    /// <summary>Resolves the mask keys of a task, those alone that a keyed hash needs.</summary>
    public TaskDefinition Resolve(TaskDefinition task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task with
        {
            Columns =
            [
                .. task.Columns.Select(c => c.MaskKey is null
                    ? c
                    : c with { MaskKey = Resolve(c.MaskKey, $"jobs.{task.Job}.{task.Name}.columns.mask_key") }),
            ],
        };
    }

    private string ResolveVariables(string text, string configPath) =>
        SecretReference.VariablePattern().Replace(text, match =>
            match.Groups["name"] is { Success: true } name ? Find(name.Value, configPath) : "${");

    private string Find(string name, string configPath)
    {
        if (MissingVariable.Find(_places, name) is not { } value)
        {
            throw new MillraceException(
                ErrorCodes.SecretMissing, MissingVariable.Message(name, configPath, _places), MissingVariable.Fix(name, _places), configPath);
        }

        Scrubber.Add(value);
        return value;
    }

    private static MillraceException Missing(string reference, string configPath, string looked, string fix) =>
        new(ErrorCodes.SecretMissing, $"{configPath} refers to {reference}, which is not set. Looked in {looked}.", fix, configPath);
}
