using System.Globalization;
using Millrace.Core.Errors;

namespace Millrace.Catalog.Runs;

/// <summary>What is told of runs that are not as somebody thought.</summary>
public static class RunErrors
{
    /// <summary>MR1406: there is no run of this id.</summary>
    public static MillraceException Unknown(long runId) => new(
        ErrorCodes.NotFound, string.Create(CultureInfo.InvariantCulture, $"There is no run {runId}."), "'millrace runs' lists them.");
}
