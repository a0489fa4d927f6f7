using Millrace.Core.Config;
using Millrace.Core.Errors;

namespace Millrace.Core.Engine.Shaping.Mapping;

/// <summary>What every entry of <c>columns:</c> must keep to, so that no mask is taken for one that does not work.</summary>
internal static class MappingRules
{
    /// <summary>Checks the mappings of a task.</summary>
    /// <exception cref="MillraceException"><see cref="ErrorCodes.InvalidConfiguration"/>, with every problem in its message.</exception>
    public static void Validate(TaskDefinition task)
    {
        List<string> problems = [];
        for (int i = 0; i < task.Columns.Length; i++)
        {
            if (ProblemOf(task.Columns[i], task) is { } problem)
            {
                problems.Add($"columns[{i}]: {problem}");
            }
        }

        if (problems.Count > 0)
        {
            throw new MillraceException(
                ErrorCodes.InvalidConfiguration, string.Join(" ", problems), "Correct these column mappings.", $"jobs.{task.Job}.{task.Name}.columns");
        }
    }

    private static string? ProblemOf(ColumnMapping mapping, TaskDefinition task)
    {
        if (mapping.Constant is not null)
        {
            return mapping.To is null || mapping.From is not null ? "a constant needs `to` and no `from`." : null;
        }

        if (string.IsNullOrEmpty(mapping.From))
        {
            return "`from` is missing.";
        }

        bool isKey = task.Target.PrimaryKey.Contains(mapping.From) || mapping.From == "_id";
        if (isKey && (mapping.Drop || mapping.Mask == MaskKind.Redact) && task.Target.Disposition == Contracts.WriteDisposition.Merge)
        {
            return $"{mapping.From} is the key of a merge and can be neither dropped nor redacted; hmac_sha256 keeps it usable.";
        }

        return mapping is { Mask: MaskKind.HmacSha256, MaskKey: null or "" } ? $"the mask of {mapping.From} has no key." : null;
    }
}
