using Millrace.Testing.MongoDb.Cursors;
using Millrace.Testing.MongoDb.Query;
using Millrace.Testing.MongoDb.Server;
using Millrace.Testing.MongoDb.Storage;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Commands;

/// <summary>aggregate, count and distinct.</summary>
internal static class AggregateCommands
{
    public static ValueTask Aggregate(CommandContext context)
    {
        Doc[] pipeline = PipelineOf(context["pipeline"]);
        long? batchSize = (context.Document("cursor") ?? throw new CommandException(ErrorCode.FailedToParse, "The 'cursor' option is required"))["batchSize"].AsLong();
        if (pipeline.Length > 0 && pipeline[0]["$changeStream"] is not null)
        {
            ChangeStreamCommands.Open(context, pipeline, batchSize);
            return ValueTask.CompletedTask;
        }

        string ns = context.Namespace("aggregate");
        using (context.Server.Gate.Read())
        {
            IEnumerable<byte[]> documents = Over(context, ns, pipeline);
            FindCommands.OpenHeld(context, new FindCursor(new ListScan([.. documents]), Matcher.All, null, 0, 0) { Namespace = ns }, batchSize, isSingle: false);
        }

        return ValueTask.CompletedTask;
    }

    public static ValueTask Count(CommandContext context)
    {
        string ns = context.Namespace("count");
        using (context.Server.Gate.Read())
        {
            Doc query = context.Document("query") ?? [];
            Collection? collection = context.Server.Catalog[ns];
            long count = collection is { Options.IsView: false } && query.Count == 0 ? collection.Count : Over(context, ns, [new Doc { { "$match", query } }]).LongCount();
            count = Math.Max(0, count - (context.Number("skip") ?? 0));
            long limit = Math.Abs(context.Number("limit") ?? 0);
            context.Reply.WriteInt32("n"u8, (int)(limit > 0 ? Math.Min(limit, count) : count));
        }

        return ValueTask.CompletedTask;
    }

    public static ValueTask Distinct(CommandContext context)
    {
        string key = context["key"].AsString() ?? throw new CommandException(ErrorCode.MissingField, "BSON field 'distinct.key' is missing but a required field");
        var values = new SortedDictionary<byte[], Node>(KeyComparer.Instance);
        using (context.Server.Gate.Read())
        {
            foreach (byte[] document in Over(context, context.Namespace("distinct"), [new Doc { { "$match", context.Document("query") ?? [] } }]))
            {
                Node? value = ExpressionParser.Resolve(Doc.Parse(document), key);
                foreach (Node item in value is Arr items ? items.Items : value is null ? [] : [value])
                {
                    values.TryAdd(ValueKey.Of(item), item);
                }
            }
        }

        Arr.Of(values.Values).Write(context.Reply, "values"u8);
        return ValueTask.CompletedTask;
    }

    /// <summary>The cursor of a find on a view.</summary>
    public static ServerCursor OverView(CommandContext context, Collection view)
    {
        var stages = new List<Doc> { new() { { "$match", context.Document("filter") ?? [] } } };
        if (context.Document("sort") is { Count: > 0 } sort)
        {
            stages.Add(new Doc { { "$sort", sort } });
        }

        if (context.Number("skip") is > 0 and { } skip)
        {
            stages.Add(new Doc { { "$skip", skip } });
        }

        if (context.Number("limit") is not (null or 0) and { } limit)
        {
            stages.Add(new Doc { { "$limit", Math.Abs(limit) } });
        }

        if (context.Document("projection") is { Count: > 0 } projection)
        {
            stages.Add(new Doc { { "$project", projection } });
        }

        return new FindCursor(new ListScan([.. Over(context, view.Namespace, stages)]), Matcher.All, null, 0, 0) { Namespace = view.Namespace };
    }

    public static Doc[] PipelineOf(Node? pipeline) => pipeline is Arr stages
        ? [.. stages.Select(s => s as Doc ?? throw new CommandException(ErrorCode.TypeMismatch, "Each element of the 'pipeline' array must be an object"))]
        : throw new CommandException(ErrorCode.TypeMismatch, "'pipeline' option must be specified as an array");

    // The caller holds the read lock, and has all documents before it leaves.
    private static IEnumerable<byte[]> Over(CommandContext context, string ns, IReadOnlyList<Doc> pipeline)
    {
        Collection? collection = context.Server.Catalog[ns];
        if (collection is { Options.IsView: true })
        {
            Doc[] own = PipelineOf(collection.Options.Document["pipeline"] ?? new Arr());
            return Over(context, $"{context.Database}.{collection.Options.Document["viewOn"].AsString()}", [.. own, .. pipeline]);
        }

        if (pipeline.Count > 0 && pipeline[0]["$collStats"] is { } request)
        {
            return Pipeline.Run(StatisticsCommands.CollectionStage(context, collection ?? context.Existing(ns), DocumentStages.Document(new Field("$collStats", request))), pipeline.Skip(1));
        }

        if (ns == ServerState.OplogNamespace && context.Server.Options.Mode == MongoSimulatorMode.ReplicaSet)
        {
            var records = context.Server.Oplog.Records;
            return Pipeline.Run(Enumerable.Range(0, (int)(records.End - records.First)).Select(i => records[records.First + i]!.Bytes), pipeline);
        }

        if (collection is null)
        {
            return Pipeline.Run([], pipeline);
        }

        if (context.Transaction is { } transaction && transaction.Touches(collection))
        {
            return Pipeline.Run(transaction.Scan(collection), pipeline);
        }

        // A match that stands first uses the index, and so does a sort on _id.
        Doc? filter = pipeline.Count > 0 ? pipeline[0]["$match"] as Doc : null;
        int taken = filter is null ? 0 : 1;
        Doc? sort = pipeline.Count > taken ? pipeline[taken]["$sort"] as Doc : null;
        bool sortsById = sort is { Count: 1 } && sort.Fields[0].Name == "_id";
        var plan = new FindPlan(collection, filter ?? [], sortsById ? sort : null, context["hint"]);
        return Pipeline.Run(plan.Documents(), pipeline.Skip(taken + (sortsById ? 1 : 0)));
    }
}
