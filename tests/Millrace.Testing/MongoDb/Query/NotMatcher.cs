namespace Millrace.Testing.MongoDb.Query;

/// <summary>The part does not match.</summary>
internal sealed class NotMatcher(Matcher part) : Matcher
{
    public override bool Matches(ReadOnlySpan<byte> document) => !part.Matches(document);
}
