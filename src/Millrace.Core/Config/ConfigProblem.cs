using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>One thing that is wrong, or doubtful, in a project. Never holds a secret.</summary>
/// <param name="Code">The stable code.</param>
/// <param name="IsWarning">True where the project works nevertheless.</param>
/// <param name="File">The file, relative to the project's folder; or the catalog's row and column.</param>
/// <param name="Line">The line, from 1; 0 in the catalog.</param>
/// <param name="Path">The setting: <c>jobs.shop.tasks[0].source.connection</c>.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Fix">What to do about it, or null.</param>
public sealed record ConfigProblem(
    ErrorCode Code, bool IsWarning, string File, int Line, string Path, string Message, string? Fix)
{
    /// <summary>Where it is.</summary>
    public SourceLine Location => new(File, Line);

    /// <summary>One line for people, clickable in most terminals and editors.</summary>
    public override string ToString()
    {
        string severity = IsWarning ? "warning" : "error";
        string fix = Fix is null ? "" : $" {Fix}";
        return $"{Location}: {severity} {Code.Id}: {Path}: {Message}{fix}";
    }
}
