using Millrace.Connectors.MongoDb.Bson;
using Millrace.Testing.MongoDb.Cursors;
using Millrace.Testing.MongoDb.Oplog;
using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary>How entries of the oplog are found: from the least timestamp that the filter allows, or backward from the end.</summary>
internal sealed class OplogPlan
{
    public OplogPlan(OplogStore oplog, Doc filter, Doc? sort, Node? hint)
    {
        Matcher = FilterParser.Parse(filter);
        Doc order = sort is { Count: > 0 } ? sort : hint as Doc ?? [];
        bool backward = order is { Count: 1 } && order.Fields[0].Name is "$natural" or "ts" && order.Fields[0].Value.AsLong() < 0;
        if (order.Count > 0 && order.Fields[0].Name is not ("$natural" or "ts"))
        {
            throw new CommandException(ErrorCode.BadValue, "the oplog is read in its own order only");
        }

        long? first = backward ? null : Least(filter) is { } ts ? oplog.Seek(ts) : null;
        Scan = new NaturalScan<OplogRecord>(oplog.Records, static r => r.Bytes, backward, first, isCapped: true);
    }

    public Matcher Matcher { get; }

    public DocumentScan Scan { get; }

    private static ulong? Least(Doc filter)
    {
        ulong? least = null;
        foreach (Field field in filter)
        {
            ulong? here = field switch
            {
                { Name: "ts", Value: { Type: BsonType.Timestamp } value } => value.AsTimestamp(),
                { Name: "ts", Value: Doc operators } => operators.Where(o => o.Name is "$gt" or "$gte" or "$eq" && o.Value.Type == BsonType.Timestamp)
                    .Select(o => (ulong?)o.Value.AsTimestamp()).Max(),
                { Name: "$and", Value: Arr clauses } => clauses.OfType<Doc>().Select(Least).Max(),
                _ => null,
            };
            least = here is null || here < least ? least : here;
        }

        return least;
    }
}
