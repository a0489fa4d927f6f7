namespace Millrace.Testing.MongoDb.Query;

/// <summary>A filter, or a part of one.</summary>
internal abstract class Matcher
{
    /// <summary>Matches every document.</summary>
    public static Matcher All { get; } = new AndMatcher([]);

    public virtual bool IsTrivial => false;

    public abstract bool Matches(ReadOnlySpan<byte> document);
}
