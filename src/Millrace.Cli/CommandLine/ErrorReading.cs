using Millrace.Cli.Output;
using Millrace.Cli.Projects;
using Millrace.Core.Config.Secrets;
using Millrace.Core.Errors;

namespace Millrace.Cli.CommandLine;

/// <summary>Finds the coded errors in whatever was thrown; what has no code gets the nearest one.</summary>
internal static class ErrorReading
{
    /// <summary>The errors, at least one, in the order in which they were found.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="secrets">What no text may hold.</param>
    public static IReadOnlyList<ReportedError> Read(Exception exception, SecretScrubber secrets) => exception switch
    {
        _ when Starvation.Read(exception) is { } starved => [ReportedError.Of(starved, secrets)],
        MillraceException coded => [ReportedError.Of(coded, secrets)],
        InvalidProjectException invalid => [.. invalid.Problems.Where(p => !p.IsWarning).Select(ReportedError.Of)],
        AggregateException many => [.. many.Flatten().InnerExceptions.SelectMany(e => Read(e, secrets))],
        IOException or UnauthorizedAccessException => [ReportedError.Of(FileError(exception), secrets)],
        _ => [ReportedError.Of(new MillraceException(ErrorCodes.Internal, $"{exception.GetType().Name}: {exception.Message}"), secrets)],
    };

    private static MillraceException FileError(Exception exception) => Starvation.IsDiskFull(exception)
        ? new(ErrorCodes.DiskFull, exception.Message, "Free space there, or choose another folder.", inner: exception)
        : new(ErrorCodes.FileUnavailable, exception.Message, "Check that the path exists and that this user may use it.", inner: exception);
}
