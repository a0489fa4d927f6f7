namespace Millrace.Core.Contracts;

/// <summary>
/// A place in a source's log or files, printable: <c>mongodb.oplog/65a1b2c3.00000001</c>, <c>postgres.lsn/0/16B3748</c>. Only the
/// connector that made it reads what follows the slash. Equality is ordinal.
/// </summary>
/// <param name="Text">The printed form: a scheme, a slash and the rest.</param>
public sealed record Position(string Text)
{
    /// <summary>The part before the first slash.</summary>
    public string Scheme => Text[..Math.Max(0, Text.IndexOf('/', StringComparison.Ordinal))];

    /// <summary>The part after the first slash.</summary>
    public string Value => Text[(Text.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <inheritdoc/>
    public override string ToString() => Text;
}
