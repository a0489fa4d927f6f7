using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary><c>$bucketAuto</c> without granularity: buckets of about as many documents each, whose bounds meet.</summary>
internal static class BucketAutoStage
{
    public static IEnumerable<byte[]> Run(IEnumerable<byte[]> documents, Doc specification)
    {
        Expression by = ExpressionParser.Parse(specification["groupBy"] ?? throw new CommandException(40246, "$bucketAuto requires 'groupBy' and 'buckets'"));
        long buckets = specification["buckets"].AsLong() ?? throw new CommandException(40246, "$bucketAuto requires 'groupBy' and 'buckets'");
        if (specification.FirstOrDefault(f => f.Name is not ("groupBy" or "buckets" or "output")) is { Name: { } unknown })
        {
            throw new CommandException(40245, $"Unrecognized option to $bucketAuto: {unknown}.");
        }

        Doc output = specification["output"] as Doc ?? new Doc { { "count", new Doc { { "$sum", 1 } } } };
        var outputs = output.Select(f => (f.Name, Add: GroupStage.Accumulator(f.Value))).ToArray();
        return Bucketed(documents, by, (int)buckets, outputs);
    }

    private static IEnumerable<byte[]> Bucketed(IEnumerable<byte[]> documents, Expression by, int buckets, (string Name, Func<IReadOnlyList<Doc>, Node> Add)[] outputs)
    {
        var sorted = documents.Select(d => Doc.Parse(d)).Select(d => (Value: by(d) ?? Leaf.Null, Document: d))
            .Select(d => (Key: ValueKey.Of(d.Value), d.Value, d.Document)).OrderBy(d => d.Key, KeyComparer.Instance).ToArray();
        int size = Math.Max(1, (int)Math.Round((double)sorted.Length / buckets));
        for (int from = 0, bucket = 1; from < sorted.Length; bucket++)
        {
            int to = bucket == buckets ? sorted.Length : Math.Min(from + size, sorted.Length);

            // Equal values stand in one bucket.
            while (to < sorted.Length && sorted[to].Key.AsSpan().SequenceEqual(sorted[to - 1].Key))
            {
                to++;
            }

            Node max = to < sorted.Length ? sorted[to].Value : sorted[to - 1].Value;
            var result = new Doc { { "_id", new Doc { { "min", sorted[from].Value }, { "max", max } } } };
            Doc[] members = [.. sorted[from..to].Select(d => d.Document)];
            foreach ((string name, Func<IReadOnlyList<Doc>, Node> add) in outputs)
            {
                result.Add(name, add(members));
            }

            yield return result.ToBytes();
            from = to;
        }
    }
}
