using Millrace.Cli.Output;
using Millrace.Core.Errors;

namespace Millrace.Cli.CommandLine;

/// <summary>Runs a verb and turns whatever it throws into one printed error and an exit code.</summary>
internal static class VerbRunner
{
    public static async Task<int> RunAsync(
        VerbContext context, Func<VerbContext, CancellationToken, Task<int>> action, CancellationToken cancellationToken)
    {
        try
        {
            return await action(context, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            var stopped = new MillraceException(ErrorCodes.Cancelled, "Stopped.", "Run it again; it goes on from the last commit.");
            return Fail(context, [context.Report(stopped)]);
        }
#pragma warning disable CA1031 // The outermost frame: an error that nobody expected is printed with its code like any other.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Fail(context, ErrorReading.Read(exception, context.Secrets));
        }
    }

    private static int Fail(VerbContext context, IReadOnlyList<ReportedError> errors)
    {
        if (context.Json)
        {
            ErrorPrinter.PrintJson(context.Out, errors);
        }
        else
        {
            ErrorPrinter.Print(context.Error, errors);
        }

        return ExitCodes.For(errors);
    }
}
