using Millrace.Testing.MongoDb.Query;
using Millrace.Testing.MongoDb.Streams;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>aggregate whose first stage is <c>$changeStream</c>.</summary>
internal static class ChangeStreamCommands
{
    public static void Open(CommandContext context, Doc[] pipeline, long? batchSize)
    {
        if (context.Server.Options.Mode == MongoSimulatorMode.Standalone)
        {
            throw new CommandException(ErrorCode.OnlyReplicaSets, "The $changeStream stage is only supported on replica sets");
        }

        var options = new ChangeStreamOptions(DocumentStages.Document(pipeline[0].Fields[0]));
        StreamScope scope = ScopeOf(context, options);
        var stages = new StreamPipeline(pipeline.Skip(1));
        using (context.Server.Gate.Read())
        {
            if (scope.Namespace is { } ns && context.Server.Catalog[ns] is { } collection && (collection.Options.IsView || collection.Options.IsTimeSeries))
            {
                throw new CommandException(ErrorCode.CommandNotSupportedOnView, $"Namespace {ns} is a {collection.Options.Kind}, not a collection");
            }

            var cursor = new ChangeStreamCursor(context.Server, scope, options, stages) { Namespace = scope.Namespace ?? $"{context.Database}.$cmd.aggregate" };
            FindCommands.OpenHeld(context, cursor, batchSize, isSingle: false);
        }
    }

    private static StreamScope ScopeOf(CommandContext context, ChangeStreamOptions options)
    {
        string? collection = context["aggregate"].AsString();
        if (options.WholeCluster)
        {
            return context.Database == "admin" && collection is null
                ? new StreamScope(null, null)
                : throw new CommandException(ErrorCode.InvalidOptions, "A $changeStream with 'allChangesForCluster:true' may only be opened on the 'admin' database, and with no collection name");
        }

        return context.Database is not ("admin" or "config" or "local")
            ? new StreamScope(context.Database, collection)
            : throw new CommandException(ErrorCode.InvalidNamespace, $"$changeStream may not be opened on the internal {context.Database} database");
    }
}
