using System.Collections.Immutable;
using Millrace.Core.Config;

namespace Millrace.Cli.Projects;

/// <summary>A project with errors: all of them, and the warnings beside them.</summary>
internal sealed class InvalidProjectException(ImmutableArray<ConfigProblem> problems) : Exception("The project is invalid.")
{
    /// <summary>Errors and warnings, in the order of files and lines.</summary>
    public ImmutableArray<ConfigProblem> Problems => problems;
}
