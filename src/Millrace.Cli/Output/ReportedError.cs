using Millrace.Core.Config;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Errors;

namespace Millrace.Cli.Output;

/// <summary>An error as it is printed, whatever it came from.</summary>
/// <param name="Code">The stable code.</param>
/// <param name="Message">What happened.</param>
/// <param name="Fix">What to do, or null.</param>
/// <param name="ConfigPath">The setting to blame, or null.</param>
/// <param name="Location">Its place as <c>file:line</c>, or null.</param>
/// <param name="IsTransient">True when the same call may succeed later.</param>
internal sealed record ReportedError(ErrorCode Code, string Message, string? Fix, string? ConfigPath, string? Location, bool IsTransient)
{
    /// <summary>An error of a run or a connector. Drivers make parts of its text, so what is known to be secret is taken out.</summary>
    public static ReportedError Of(MillraceException error, SecretScrubber secrets) => new(
        error.Code, secrets.Scrub(error.Message), error.Fix is null ? null : secrets.Scrub(error.Fix), error.ConfigPath, null, error.IsTransient);

    /// <summary>A problem of the project's files.</summary>
    public static ReportedError Of(ConfigProblem problem) => new(
        problem.Code, problem.Message, problem.Fix, problem.Path.Length == 0 ? null : problem.Path, problem.Location.ToString(), false);
}
