using System.Diagnostics.CodeAnalysis;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Oplog;

/// <summary>Why an oplog entry cannot be applied.</summary>
internal static class UpdateThrow
{
    private const string Fix = "Load the collection anew with `millrace run --full-refresh` if the change matters.";

    [DoesNotReturn]
    public static void Rejected(string why) => throw Make(why);

    public static MillraceException Make(string why) => new(ErrorCodes.OplogEntryRejected, $"The oplog entry cannot be applied: {why}.", Fix);
}
