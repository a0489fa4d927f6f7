namespace Millrace.Testing.MongoDb.Query;

/// <summary>Every part matches.</summary>
internal sealed class AndMatcher(IReadOnlyList<Matcher> parts) : Matcher
{
    public override bool IsTrivial => parts.Count == 0;

    public override bool Matches(ReadOnlySpan<byte> document)
    {
        foreach (Matcher part in parts)
        {
            if (!part.Matches(document))
            {
                return false;
            }
        }

        return true;
    }
}
