using System.Collections.Immutable;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>What loading a project gave.</summary>
/// <param name="Project">The project; null where there are errors.</param>
/// <param name="Problems">Errors and warnings, in the order of files and lines.</param>
public sealed record ProjectLoadResult(Project? Project, ImmutableArray<ConfigProblem> Problems)
{
    /// <summary>
    /// Variables that are not set and that connections and masks refer to: errors to who needs them, not to who reads the project.
    /// Empty where variables were not looked up.
    /// </summary>
    public ImmutableArray<ConfigProblem> Unset { get; init; } = [];

    /// <summary>The project, or one exception that lists every error.</summary>
    /// <exception cref="MillraceException">MR1002.</exception>
    public Project Required()
    {
        if (Project is not null)
        {
            return Project;
        }

        ConfigProblem[] errors = [.. Problems.Where(p => !p.IsWarning)];
        throw new MillraceException(ErrorCodes.InvalidConfiguration,
            $"The project has {Quantity.Of(errors.Length, "error")}:{Environment.NewLine}{string.Join(Environment.NewLine, errors.AsEnumerable())}",
            "Correct what is listed.");
    }
}
