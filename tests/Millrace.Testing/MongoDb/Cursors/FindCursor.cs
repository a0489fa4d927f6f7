using Millrace.Testing.MongoDb.Query;

namespace Millrace.Testing.MongoDb.Cursors;

/// <summary>The cursor of find: a scan, filtered and projected.</summary>
internal sealed class FindCursor(DocumentScan scan, Matcher matcher, Projection? projection, long skip, long limit) : ServerCursor
{
    private long _skip = skip;
    private long _left = limit > 0 ? limit : long.MaxValue;

    public bool Tailable { get; init; }

    public bool AwaitData { get; init; }

    public override bool IsTailable => Tailable;

    public override bool AwaitsData => AwaitData;

    public override bool Fill(BatchWriter batch)
    {
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
