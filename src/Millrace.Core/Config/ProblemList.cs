using System.Collections.Immutable;
using Millrace.Core.Config.Yaml;
using Millrace.Core.Errors;

namespace Millrace.Core.Config;

/// <summary>
/// Collects problems so that all are reported at once. A setting that several tasks inherit is one place in one file: its problem is kept once.
/// </summary>
internal sealed class ProblemList
{
    private readonly List<ConfigProblem> _problems = [];
    private readonly HashSet<(string File, int Line, string Message)> _seen = [];

    /// <summary>True where nothing but warnings was found.</summary>
    public bool IsValid => _problems.TrueForAll(p => p.IsWarning);

    /// <summary>True where a setting has an error already, which may be the cause of others.</summary>
    public bool HasError(string path) => _problems.Exists(p => !p.IsWarning && p.Path == path);

    public void Error(ErrorCode code, ConfigNode node, string path, string message, string? fix = null) =>
        Add(new(code, false, node.File, node.Line, path, message, fix));

    public void Warning(ErrorCode code, ConfigNode node, string path, string message, string? fix = null) =>
        Add(new(code, true, node.File, node.Line, path, message, fix));

    public void Add(ConfigProblem problem)
    {
        if (_seen.Add((problem.File, problem.Line, problem.Message)))
        {
            _problems.Add(problem);
        }
    }

    /// <summary>The problems in the order in which a reader meets them.</summary>
    public ImmutableArray<ConfigProblem> ToImmutable() =>
        [.. _problems.OrderBy(p => p.File, StringComparer.Ordinal).ThenBy(p => p.Line)];
}
