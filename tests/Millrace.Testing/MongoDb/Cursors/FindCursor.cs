using Millrace.Testing.MongoDb.Query;
using Millrace.Testing.MongoDb.Storage;

namespace Millrace.Testing.MongoDb.Cursors;

/// <summary>The cursor of find: a scan, filtered and projected.</summary>
internal sealed class FindCursor(DocumentScan scan, Matcher matcher, Projection? projection, long skip, long limit) : ServerCursor
{
    private long _skip = skip;
    private long _left = limit > 0 ? limit : long.MaxValue;

    /// <summary>The collection that is read; null for what was gathered beforehand.</summary>
    public Collection? Source { get; init; }

    public bool Tailable { get; init; }

    public bool AwaitData { get; init; }

    public override bool IsTailable => Tailable;

    public override bool AwaitsData => AwaitData;

    public override bool Fill(BatchWriter batch)
    {
        if (Source is { } source && (source.IsDropped || source.Namespace != Namespace))
        {
            throw new CommandException(ErrorCode.QueryPlanKilled, $"collection {(source.IsDropped ? "dropped" : "renamed")}. UUID {source.Uuid}");
        }

        scan.Restore();
        while (_left > 0 && scan.Current is { } document)
        {
            if (batch.IsFull)
            {
                return true;
            }

            if (matcher.IsTrivial || matcher.Matches(document))
            {
                if (_skip > 0)
                {
                    _skip--;
                }
                else if (!batch.TryAdd(projection is null ? document : projection.Apply(document)))
                {
                    return true;
                }
                else
                {
                    _left--;
                }
            }

            scan.Advance();
        }

        return Tailable && scan.CanGrow && _left > 0;
    }
}
