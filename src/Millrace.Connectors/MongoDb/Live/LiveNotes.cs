using Millrace.Connectors.MongoDb.Files;
using Millrace.Core.Errors;

namespace Millrace.Connectors.MongoDb.Live;

/// <summary>What is said of collections that cannot be read as others can.</summary>
internal static class LiveNotes
{
    /// <summary>What <c>millrace discover</c> says of a collection, or null.</summary>
    public static string? On(LiveCollection collection) => collection switch
    {
        { Kind: CollectionKind.View } => "a view: full_refresh only",
        { Kind: CollectionKind.TimeSeries } => "a time series: full_refresh only",
        { IsCapped: true } => "a capped collection: what it pushes out at its end is not told by the log, so such rows stay",
        _ => null,
    };

    /// <summary>A view or a time series under a pattern, whose changes cannot be followed.</summary>
    public static string Skipped(LiveCollection collection) =>
        $"{collection.Name} is {NameOf(collection)} and was left out: its changes cannot be followed. Give it a task with replication_method: full_refresh.";

    /// <summary>A view or a time series that a task names.</summary>
    public static MillraceException Refused(LiveCollection collection, string method) => new(
        ErrorCodes.MongoCaptureUnsupported,
        $"{collection.Name} is {NameOf(collection)}, and {method} needs a collection.",
        "Set replication_method: full_refresh for it, or read the collection behind it.");

    /// <summary>A dataset that is not there.</summary>
    public static MillraceException NotFound(MongoNamespace name, LiveConnection connection) =>
        DatasetNames.NotFound($"The server of connection '{connection.Name}' has no collection {name}.", connection.Database);

    private static string NameOf(LiveCollection collection) => collection.Kind == CollectionKind.View ? "a view" : "a time series";
}
