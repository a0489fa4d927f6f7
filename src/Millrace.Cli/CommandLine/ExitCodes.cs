using Millrace.Cli.Output;
using Millrace.Core.Errors;

namespace Millrace.Cli.CommandLine;

/// <summary>What the process returns: 0 ok, 1 a run failed or was stopped, 2 invalid configuration or arguments, 3 environment.</summary>
internal static class ExitCodes
{
    /// <summary>All went well.</summary>
    public const int Ok = 0;

    /// <summary>A run failed, or a check found something.</summary>
    public const int Failed = (int)ErrorKind.Run;

    /// <summary>The project file or the arguments are wrong.</summary>
    public const int Invalid = (int)ErrorKind.Configuration;

    /// <summary>Something outside is missing or refuses.</summary>
    public const int Environment = (int)ErrorKind.Environment;

    /// <summary>The code for several errors: what the user can mend in the project comes before what lies outside it.</summary>
    public static int For(IReadOnlyCollection<ReportedError> errors) =>
        errors.Any(e => e.Code.Kind == ErrorKind.Configuration) ? Invalid
        : errors.Any(e => e.Code.Kind == ErrorKind.Environment) ? Environment
        : Failed;
}
