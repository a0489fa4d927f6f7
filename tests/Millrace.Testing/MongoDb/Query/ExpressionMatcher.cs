using Millrace.Testing.MongoDb.Values;

namespace Millrace.Testing.MongoDb.Query;

/// <summary><c>$expr</c>.</summary>
internal sealed class ExpressionMatcher(Expression expression) : Matcher
{
    public override bool Matches(ReadOnlySpan<byte> document) => expression(Doc.Parse(document.ToArray())).IsTrue();
}
