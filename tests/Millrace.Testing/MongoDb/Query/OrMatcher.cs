namespace Millrace.Testing.MongoDb.Query;

/// <summary>Any part matches.</summary>
internal sealed class OrMatcher(IReadOnlyList<Matcher> parts) : Matcher
{
    public override bool Matches(ReadOnlySpan<byte> document)
    {
        foreach (Matcher part in parts)
        {
            if (part.Matches(document))
            {
                return true;
            }
        }

        return false;
    }
}
