using Millrace.Core.Contracts;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb;

/// <summary>What a check of a connection finds.</summary>
internal static class Finding
{
    /// <summary>Adds what an attempt says of something, or its error.</summary>
    public static void Add(List<CheckFinding> findings, string what, Func<string> attempt)
    {
        try
        {
            findings.Add(new(what, null, attempt()));
        }
        catch (MillraceException exception)
        {
            findings.Add(new(what, exception));
        }
    }
}
